package io.doceph.cli;

/**
 * A complete HTTP answer.
 *
 * @param status the status code
 * @param contentType the Content-Type as sent, empty when there is none
 * @param body the body, unchunked and read as UTF-8
 */
record HttpAnswer(int status, String contentType, String body) {}
