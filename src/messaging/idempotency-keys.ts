import { IdempotencyInProgressError, IdempotencyKeyReusedError } from './errors.js';
import { errorCode } from './postgres-errors.js';
import type { UnitOfWork } from './unit-of-work.js';

export interface IdempotentRequest {
  /** Keys of different callers never meet. */
  readonly caller: string;
  readonly key: string;
  /** A hash of the request: the same key with another one is a mistake of the caller's. */
  readonly fingerprint: string;
}

/** Carries a request out once, however often it is sent; only what succeeded is remembered. */
export class IdempotencyKeys {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly schema: string,
  ) {}

  /**
   * Runs `fn` in one unit of work with the record of the key, and returns its result; a repeat returns the stored one.
   *
   * @throws IdempotencyInProgressError when the first request is still running after `lock_timeout` (5 s)
   * @throws IdempotencyKeyReusedError when the key came with another request
   */
  async once(request: IdempotentRequest, fn: () => Promise<string>): Promise<{ result: string; replayed: boolean }> {
    return this.unitOfWork.run(async (manager) => {
      const { caller, key, fingerprint } = request;
      const first = await this.insert(manager, request);
      if (first) {
        const result = await fn();
        this.unitOfWork.closeWith({
          name: `${this.schema}.complete-key`,
          text: `update ${this.schema}.idempotency_key set result = $3 where caller = $1 and key = $2`,
          values: [caller, key, result],
        });
        return { result, replayed: false };
      }
      const [stored] = (await manager.query(
        `select fingerprint, result from ${this.schema}.idempotency_key where caller = $1 and key = $2`,
        [caller, key],
      )) as { fingerprint: string; result: string }[];
      if (stored!.fingerprint !== fingerprint) {
        throw new IdempotencyKeyReusedError('The idempotency key was used for another request.');
      }
      return { result: stored!.result, replayed: true };
    });
  }

  /** Waits for a concurrent first request: the key's row is locked until its transaction ends. */
  private async insert(manager: Query, { caller, key, fingerprint }: IdempotentRequest): Promise<boolean> {
    try {
      const inserted: unknown[] = await manager.query(
        `insert into ${this.schema}.idempotency_key (caller, key, fingerprint) values ($1, $2, $3)
         on conflict do nothing returning key`,
        [caller, key, fingerprint],
      );
      return inserted.length > 0;
    } catch (error) {
      if (errorCode(error) !== '55P03') throw error;
      throw new IdempotencyInProgressError('A request with this idempotency key is still running.', { cause: error });
    }
  }
}

interface Query {
  query(sql: string, parameters: unknown[]): Promise<unknown[]>;
}
