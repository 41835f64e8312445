package io.doceph.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.doceph.volume.VolumeError;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadRequestTest {
  private static ReadRequest read(String body) {
    return ReadRequest.of(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static void refused(ThrowingCallable call, String sentence) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            VolumeError.class, e -> assertThat(e.code()).isEqualTo(VolumeError.Code.INVALID))
        .hasMessage(sentence);
  }

  @Test
  void aWholeRequest() {
    ReadRequest request =
        read(
            " {'Name': 'db', 'ID': 'abc', 'Opts': {'size': '10', 'n': 1, 'b': true}, 'More': []}\n");

    assertThat(request.name()).hasToString("db");
    assertThat(request.rawName()).isEqualTo("db");
    assertThat(request.id()).isEqualTo("abc");
    assertThat(request.options()).hasToString("{\"size\":\"10\",\"n\":1,\"b\":true}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'Name': 'db'}",
        "{'Name': 'db', 'ID': null, 'Opts': null}",
        "{'Name': 'db', 'ID': ''}"
      })
  void whatIsLeftOutOrNullIsNothing(String body) {
    ReadRequest request = read(body);

    assertThat(request.id()).isEmpty();
    assertThat(request.options()).isNull();
  }

  @Test
  void anEmptyBodyIsDockersRetry() {
    String sentence = "the request has no body; send one JSON object such as {\"Name\": \"db1\"}";

    refused(() -> ReadRequest.of(null), sentence);
    refused(() -> ReadRequest.of(new byte[0]), sentence);
  }

  @Test
  void aBodyHasItsBound() {
    byte[] largest =
        "{\"Name\":\"db\"}".concat(" ".repeat(ReadRequest.LIMIT)).getBytes(StandardCharsets.UTF_8);

    assertThat(ReadRequest.of(Arrays.copyOf(largest, ReadRequest.LIMIT)).name()).hasToString("db");
    refused(
        () -> ReadRequest.of(Arrays.copyOf(largest, ReadRequest.LIMIT + 1)),
        "the request is larger than 1 MiB; a volume's name and options never are");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "null", "1", "'db'", "true", " ", "\n"})
  void oneJsonObjectIsExpected(String body) {
    refused(() -> read(body), "the request must be one JSON object such as {\"Name\": \"db1\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{'Name'}",
        "{'Name': 'db'",
        "{'Name': 'db'} {}",
        "{'Name': 'db'}x",
        "Name=db",
        "\u0000"
      })
  void whatIsNoJsonIsRefused(String body) {
    assertThatThrownBy(() -> read(body))
        .isInstanceOf(VolumeError.class)
        .hasMessageStartingWith("the request is not JSON: ")
        .hasMessageNotContaining("\n");
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    byte[] bytes = {'{', '"', (byte) 0xff, (byte) 0xfe, '"', ':', '1', '}'};

    assertThatThrownBy(() -> ReadRequest.of(bytes))
        .isInstanceOf(VolumeError.class)
        .hasMessageStartingWith("the request is not JSON: ");
  }

  @Test
  void aDeepNestIsRefused() {
    assertThatThrownBy(() -> read("{'Name':" + "[".repeat(100_000)))
        .isInstanceOf(VolumeError.class)
        .hasMessageStartingWith("the request is not JSON: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"{}", "{'Name': null}", "{'Name': 1}", "{'Name': ['db']}", "{'name': 'db'}"})
  void aNameIsAText(String body) {
    ReadRequest request = read(body);

    refused(request::name, "the request needs a \"Name\" that is a text");
    refused(request::rawName, "the request needs a \"Name\" that is a text");
  }

  @Test
  void theRawNameIsNotChecked() {
    assertThat(read("{'Name': ''}").rawName()).isEmpty();
    assertThat(read("{'Name': '/etc ä'}").rawName()).isEqualTo("/etc ä");
    assertThatThrownBy(() -> read("{'Name': ''}").name())
        .hasMessageContaining("is not a volume name");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {"{'Name': 'db', 'ID': 7}", "{'Name': 'db', 'ID': []}", "{'Name': 'db', 'ID': {}}"})
  void anIdIsAText(String body) {
    refused(() -> read(body).id(), "the request's \"ID\" must be a text of at most 256 characters");
  }

  @Test
  void anIdHasItsBound() {
    assertThat(read("{'Name': 'db', 'ID': '" + "x".repeat(256) + "'}").id()).hasSize(256);
    refused(
        () -> read("{'Name': 'db', 'ID': '" + "x".repeat(257) + "'}").id(),
        "the request's \"ID\" must be a text of at most 256 characters");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "'size=1'", "1", "false"})
  void optionsAreAnObject(String options) {
    refused(
        () -> read("{'Name': 'db', 'Opts': " + options + "}").options(),
        "the request's \"Opts\" must be a JSON object such as {\"size\": \"10G\"}");
  }
}
