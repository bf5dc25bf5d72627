import type { UnitOfWork } from './unit-of-work.js';

/** Messages from outside, each taken once however often it is delivered. */
export class Inbox {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly schema: string,
  ) {}

  /**
   * Runs `fn` in a unit of work that also records the message's id. Returns false where the message was taken before;
   * a concurrent delivery of the same message waits for the first one to end.
   */
  async once(source: string, messageId: string, fn: () => Promise<void>): Promise<boolean> {
    return this.unitOfWork.run(async (manager) => {
      const inserted: unknown[] = await manager.query(
        `insert into ${this.schema}.inbox (source, message_id) values ($1, $2) on conflict do nothing returning source`,
        [source, messageId],
      );
      if (inserted.length === 0) return false;
      await fn();
      return true;
    });
  }
}
