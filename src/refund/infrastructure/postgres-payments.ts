import { Injectable } from '@nestjs/common';
import { type EntityManager, In, QueryFailedError } from 'typeorm';
import { AggregateRepository, UnitOfWork } from '../../messaging/index.js';
import { PaymentNotFound, PaymentReferenceExists } from '../domain/errors.js';
import { Payment } from '../domain/payment.js';
import { disputedOf, type PaymentState } from '../domain/payment.state.js';
import type { Payments } from '../domain/payments.js';
import type { CapturedPayment } from '../domain/settlement.js';
import { paymentsTable } from './payments.table.js';

@Injectable()
export class PostgresPayments extends AggregateRepository<Payment> implements Payments {
  constructor(unitOfWork: UnitOfWork) {
    super(unitOfWork);
  }

  async get(id: string): Promise<Payment> {
    return this.unitOfWork.run(async (manager) => existing(id, await manager.findOneBy(paymentsTable, { id })));
  }

  async find(gateway: string, gatewayPaymentId: string, claimedId?: string): Promise<string | undefined> {
    const rows = await this.unitOfWork.run((manager) =>
      manager.query<{ id: string }[]>(
        `select id from refund.payments
         where gateway = $1 and (gateway_payment_id = $2 or (gateway_payment_id is null and id = $3))
         order by gateway_payment_id nulls last limit 1`,
        [gateway, gatewayPaymentId, claimedId ?? null],
      ),
    );
    return rows[0]?.id;
  }

  async open(orderId: string): Promise<readonly PaymentState[]> {
    return this.unitOfWork.run((manager) =>
      manager.find(paymentsTable, { where: { orderId, status: In(['started', 'failed']) }, order: { id: 'ASC' } }),
    );
  }

  async lockCaptured(orderId: string): Promise<readonly CapturedPayment[]> {
    const rows = await this.unitOfWork.run((manager) =>
      manager.find(paymentsTable, {
        where: { orderId, status: 'captured' },
        order: { capturedAt: 'DESC', id: 'DESC' },
        lock: { mode: 'pessimistic_write' },
      }),
    );
    return rows.map((row) => {
      const { id: paymentId, captured, refundTotal } = row;
      return { paymentId, captured, refundTotal, disputed: disputedOf(row) };
    });
  }

  protected async load(manager: EntityManager, id: string): Promise<Payment> {
    return existing(id, await manager.findOne(paymentsTable, { where: { id }, lock: { mode: 'pessimistic_write' } }));
  }

  protected async insert(manager: EntityManager, state: PaymentState): Promise<void> {
    await manager.insert(paymentsTable, state).catch((error: unknown) => {
      throw isTaken(error) ? new PaymentReferenceExists(state.gateway, `${state.gatewayPaymentId}`) : error;
    });
  }

  protected async update(manager: EntityManager, state: PaymentState, before: PaymentState): Promise<number> {
    const { id, version } = before;
    const { affected } = await manager.update(paymentsTable, { id, version }, state);
    return affected ?? 0;
  }
}

function existing(id: string, row: PaymentState | null): Payment {
  if (!row) throw new PaymentNotFound(id);
  return Payment.from(row);
}

function isTaken(error: unknown): boolean {
  return error instanceof QueryFailedError && error.driverError.constraint === 'payments_gateway_id_key';
}
