import { Command, CommandHandler, type ICommand, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { type GatewayBooks, type OnlineGateway, PaymentGateways } from '../domain/payment-gateway.js';
import { BooksQueries } from './books.queries.js';
import { RaiseDifference } from './raise-difference.js';
import { RecordDispute } from './record-dispute.js';
import { RecordGatewayRefund } from './record-gateway-refund.js';
import { RecordPaymentOutcome } from './record-payment-outcome.js';

const { minutes, hours, days } = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 };

/** Gateways repeat a webhook for about as long; what is older was compared in the nights before. */
const WINDOW_MS = 3 * days;
/** The gateway's clock may differ; and what is recorded this moment is not missing. */
const [MARGIN_MS, GRACE_MS] = [1 * hours, 10 * minutes];

/**
 * Once a day the gateways' books of the last days are laid beside ours: what is missing here is recorded, whoever made
 * it; what can't be made to agree is raised. It may read many pages, hence its timeout.
 */
@Message('refund.compare-books')
@Queued<CompareBooks>({ effect: 'outside', every: '24h', timeout: '10m' })
export class CompareBooks extends Command<ICommand[]> {}

@CommandHandler(CompareBooks)
export class CompareBooksHandler implements ICommandHandler<CompareBooks> {
  constructor(
    private readonly gateways: PaymentGateways,
    private readonly ours: BooksQueries,
    private readonly clock: Clock,
  ) {}

  async execute(): Promise<ICommand[]> {
    const differences: ICommand[] = [];
    for (const gateway of this.gateways.allOnline) differences.push(...(await this.compare(gateway)));
    return differences;
  }

  private async compare(gateway: OnlineGateway): Promise<ICommand[]> {
    const now = this.clock.now().getTime();
    const books = await gateway.booksSince(new Date(now - WINDOW_MS));
    const window = { from: new Date(now - WINDOW_MS + MARGIN_MS), to: new Date(now - GRACE_MS) };
    const missing = await this.ours.refundsBeyond(gateway.name, books.refunds, window);
    return [...(await this.news(gateway.name, books)), ...missing.map((id) => new RaiseDifference(id))];
  }

  /** Payments first: nothing can be refunded, or disputed, of what isn't captured yet. */
  private async news(gateway: string, books: GatewayBooks): Promise<ICommand[]> {
    const { payments, refunds, disputes } = await this.ours.unlike(gateway, books);
    return [
      ...payments.map((report) => new RecordPaymentOutcome(gateway, report)),
      ...refunds.map((report) => new RecordGatewayRefund(gateway, report)),
      ...disputes.map((report) => new RecordDispute(gateway, report)),
    ];
  }
}
