/** A part of a unit of work that can be rolled back alone. */
export interface Savepoint {
  readonly name: string;
  readonly outer?: Savepoint;
  /** What goes when it is rolled back; other branches may have recorded something meanwhile, which stays. */
  readonly recorded: Set<object>;
  readonly closed: Promise<void>;
  close: () => void;
}

export function newSavepoint(name: string, outer: Savepoint | undefined): Savepoint {
  let close!: () => void;
  const closed = new Promise<void>((resolve) => (close = resolve));
  return { name, outer, recorded: new Set(), closed, close };
}
