import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Clock } from '../../kernel/clock.js';
import { Message, Queued } from '../../messaging/index.js';
import { type DisputeReport } from '../domain/payment-gateway.js';
import { Payments } from '../domain/payments.js';

@Message('refund.record-dispute')
@Queued<RecordDispute>({ effect: 'database', key: ({ report }) => `gateway:${report.gatewayPaymentId}` })
export class RecordDispute extends Command<void> {
  constructor(
    readonly gateway: string,
    readonly report: DisputeReport,
  ) {
    super();
  }
}

@CommandHandler(RecordDispute)
export class RecordDisputeHandler implements ICommandHandler<RecordDispute> {
  constructor(
    private readonly payments: Payments,
    private readonly clock: Clock,
  ) {}

  async execute({ gateway, report }: RecordDispute): Promise<void> {
    const id = await this.payments.find(gateway, report.gatewayPaymentId);
    // Other shops may use the same account.
    if (id !== undefined) await this.payments.change(id, (payment) => payment.recordDispute(report, this.clock.now()));
  }
}
