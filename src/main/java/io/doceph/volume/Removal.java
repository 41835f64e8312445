package io.doceph.volume;

/** What becomes of a volume that Docker or a person removes. */
public enum Removal {
  /** Its data is put where it can be brought back from for a while. */
  TRASH,
  /** Its data is deleted. */
  DELETE,
  /** This host forgets it; the data and the other hosts are not touched. */
  KEEP,
  /** It is refused. */
  REFUSE
}
