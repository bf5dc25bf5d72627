import { z } from 'zod';
import { type Answer, Refusal } from './answers.js';
import type { Book } from './book.js';
import { fault, type Faults } from './faults.js';
import type { Operations } from './operations.js';

const pay = z.strictObject({ declined: z.boolean().default(false) });
const dispute = z.strictObject({
  amount: z.int().positive().optional(),
  reason: z.string().default('fraudulent'),
});
const closing = z.strictObject({ status: z.enum(['won', 'lost']) });
const outcome = z.strictObject({ status: z.enum(['succeeded', 'failed']) });

/** What Stripe has no API for: playing the customer and the bank, scripting faults, reading the book. */
export class Controls {
  constructor(
    private readonly book: Book,
    private readonly operations: Operations,
    private readonly faults: Faults,
  ) {}

  answer(method: string, path: string, body: unknown): Answer {
    const [, , kind, id = '', verb] = path.split('/');
    switch (`${method} ${kind ?? ''} ${verb ?? ''}`.trim()) {
      case 'GET':
        return ok({ bookFile: this.book.file });
      case 'GET book':
        return ok(this.summary());
      case 'POST intents pay':
        return ok(this.operations.confirm(id, parse(pay, body).declined));
      case 'POST intents dispute':
        return ok(this.openDispute(id, parse(dispute, body)));
      case 'POST disputes close':
        return ok(this.operations.disputes.close(id, parse(closing, body).status));
      case 'POST refunds outcome':
        return ok(this.operations.settleRefund(id, parse(outcome, body).status));
      case 'POST faults':
        this.faults.script(parse(fault, body));
        return ok({});
      case 'DELETE faults':
        this.faults.clear();
        return ok({});
      default:
        throw new Refusal(404, { type: 'invalid_request_error', message: `There is no control ${method} ${path}.` });
    }
  }

  private openDispute(intentId: string, { amount, reason }: z.output<typeof dispute>): object {
    return this.operations.disputes.open(intentId, amount, reason);
  }

  /** `effects` counts what was really done, however often it was asked for. */
  private summary(): object {
    const intents = this.book.all('intents');
    const refunds = this.book.all('refunds');
    const disputes = this.book.all('disputes');
    const captures = intents.filter(({ status }) => status === 'succeeded').length;
    return { intents, refunds, disputes, effects: { captures, refunds: refunds.length } };
  }
}

const ok = (body: object): Answer => ({ status: 200, body });

function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const { data, error } = schema.safeParse(body ?? {});
  if (error) throw new Refusal(400, { type: 'invalid_request_error', message: z.prettifyError(error) });
  return data;
}
