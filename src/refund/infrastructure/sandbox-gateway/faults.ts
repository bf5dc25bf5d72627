import { z } from 'zod';

export const fault = z.strictObject({
  operation: z.enum([
    'payment_intents.create',
    'payment_intents.list',
    'payment_intents.retrieve',
    'payment_intents.confirm',
    'payment_intents.cancel',
    'refunds.create',
    'refunds.list',
    'refunds.retrieve',
    'disputes.list',
    'disputes.retrieve',
    'webhook',
  ]),
  fault: z.enum([
    // Before anything is executed, and not kept under the idempotency key: 429, 503.
    'rate_limited',
    'unavailable',
    // 400, kept under the key: a definite no.
    'rejected',
    // 500, kept under the key.
    'error_without_effect',
    'error_after_effect',
    // Executed, and the connection breaks. The SDK then repeats the call once by itself: script it twice to be heard of.
    'answer_dropped',
    // Executed and answered after `delayMs`.
    'slow',
    // A refund that stays pending until /sandbox/refunds/{id}/outcome says more.
    'pending',
    // Of webhooks; the last two come within `delayMs`, so that later ones may overtake them, shuffled ones twice.
    'duplicated',
    'dropped',
    'reordered',
    'shuffled',
  ]),
  /** Meets the next n calls of the operation. */
  times: z.int().min(1).max(100_000).default(1),
  delayMs: z.int().min(0).max(600_000).default(1_000),
});
export type Fault = Readonly<z.output<typeof fault>>;

/** Faults by script; each is used up by the calls that meet it. */
export class Faults {
  #scripted: Fault[] = [];

  script(fault: Fault): void {
    this.#scripted.push(...Array.from({ length: fault.times }, () => fault));
  }

  /** The fault that the next call of this operation meets. */
  take(operation: string): Fault | undefined {
    const index = this.#scripted.findIndex((each) => each.operation === operation);
    return index < 0 ? undefined : this.#scripted.splice(index, 1)[0];
  }

  clear(): void {
    this.#scripted = [];
  }
}
