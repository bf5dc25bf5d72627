import { Injectable } from '@nestjs/common';
import { Clock } from '../../kernel/clock.js';
import { Ids } from '../../kernel/ids.js';
import {
  type KeptError,
  PaymentGateways,
  type RefundInstruction,
  type RefundOutcome,
  UnknownOutcomeError,
} from '../domain/payment-gateway.js';
import { type AttemptEnd, type AttemptStart, RefundAttempts } from '../domain/refund-attempts.js';

type Call = Pick<AttemptStart, 'refundId' | 'call' | 'idempotencyKey'>;
type Answer = RefundOutcome | KeptError | undefined;

/** Calls to gateways, each written down before and after. */
@Injectable()
export class RefundCalls {
  constructor(
    private readonly gateways: PaymentGateways,
    private readonly attempts: RefundAttempts,
    private readonly clock: Clock,
    private readonly ids: Ids,
  ) {}

  async refund(instruction: RefundInstruction): Promise<RefundOutcome | KeptError> {
    const { refundId, idempotencyKey, gateway } = instruction;
    return this.written({ refundId, call: 'refund', idempotencyKey }, () =>
      this.gateways.get(gateway).refund(instruction),
    );
  }

  async find(instruction: RefundInstruction): Promise<RefundOutcome | undefined> {
    const { refundId, gateway } = instruction;
    return this.written({ refundId, call: 'look_up', idempotencyKey: null }, () =>
      this.gateways.get(gateway).findRefund(instruction),
    );
  }

  private async written<A extends Answer>(call: Call, ask: () => Promise<A>): Promise<A> {
    const id = this.ids.next();
    await this.attempts.start({ id, ...call, startedAt: this.clock.now() });
    try {
      const answer = await ask();
      await this.attempts.end(id, { ...endOf(answer), endedAt: this.clock.now() });
      return answer;
    } catch (error) {
      const code = error instanceof UnknownOutcomeError ? error.code : undefined;
      await this.attempts.end(id, { status: 'unknown', code, endedAt: this.clock.now() });
      throw error;
    }
  }
}

function endOf(answer: Answer): Omit<AttemptEnd, 'endedAt'> {
  if (!answer) return { status: 'not_found' };
  return { status: answer.status, code: 'code' in answer ? answer.code : undefined };
}
