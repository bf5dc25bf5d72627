import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AggregateRepository, UnitOfWork } from '../../messaging/index.js';
import { Notification } from '../domain/notification.js';
import { NotificationNotFound } from '../domain/notification.errors.js';
import type { NotificationState } from '../domain/notification.state.js';
import type { Notifications } from '../domain/notifications.js';
import { notificationsTable } from './notifications.table.js';

@Injectable()
export class PostgresNotifications extends AggregateRepository<Notification> implements Notifications {
  constructor(unitOfWork: UnitOfWork) {
    super(unitOfWork);
  }

  async addOnce({ state }: Notification): Promise<boolean> {
    return this.unitOfWork.run(async (manager) => {
      const insert = manager.createQueryBuilder().insert().into(notificationsTable);
      const { raw } = await insert
        .values({ ...state, version: 1 } as object)
        .orIgnore()
        .returning('id')
        .execute();
      return (raw as unknown[]).length > 0;
    });
  }

  async get(id: string): Promise<Notification> {
    return this.unitOfWork.run(async (manager) => existing(id, await manager.findOneBy(notificationsTable, { id })));
  }

  async lockCustomer(customerId: string): Promise<void> {
    await this.unitOfWork.run((manager) =>
      manager.query(`select pg_advisory_xact_lock(hashtext('notification'), hashtext($1))`, [customerId]),
    );
  }

  async eraseCustomer(customerId: string, erasedAt: Date): Promise<void> {
    await this.unitOfWork.run((manager) =>
      manager.query(
        `update notification.notifications
            set address = null, name = null, subject = null, text = null, html = null, erased_at = $2,
                attempts = (select coalesce(jsonb_agg(attempt || '{"text": null}' order by place), '[]')
                              from jsonb_array_elements(attempts) with ordinality as a(attempt, place)),
                failure_code = case status when 'pending' then 'erased' else failure_code end,
                status = case status when 'pending' then 'failed' else status end,
                version = version + 1
          where customer_id = $1 and erased_at is null`,
        [customerId, erasedAt],
      ),
    );
  }

  protected async load(manager: EntityManager, id: string): Promise<Notification> {
    const lock = { mode: 'pessimistic_write' } as const;
    return existing(id, await manager.findOne(notificationsTable, { where: { id }, lock }));
  }

  protected async insert(manager: EntityManager, state: NotificationState): Promise<void> {
    await manager.insert(notificationsTable, state);
  }

  protected async update(manager: EntityManager, state: NotificationState, before: NotificationState): Promise<number> {
    const { id, version } = before;
    const { affected } = await manager.update(notificationsTable, { id, version }, state);
    return affected ?? 0;
  }
}

function existing(id: string, row: NotificationState | null): Notification {
  if (!row) throw new NotificationNotFound(id);
  return Notification.from(row);
}
