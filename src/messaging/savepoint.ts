import { MessagingUsageError } from './errors.js';

/** No savepoint is open for so long while another branch waits, unless it waits for that branch. */
const PATIENCE_MS = 10_000;

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

/**
 * Resolves when another branch's savepoint has closed. A promise that was begun outside it and is awaited inside it
 * would wait for ever: that is told, instead.
 */
export async function closing({ closed }: Savepoint): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<never>((_, reject) => {
    const message = `a query waited ${PATIENCE_MS} ms for a savepoint to close: what is begun outside one can't be awaited inside it`;
    timer = setTimeout(() => reject(new MessagingUsageError(message)), PATIENCE_MS);
  });
  await Promise.race([closed, waited]).finally(() => clearTimeout(timer));
}
