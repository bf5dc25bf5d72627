import { Injectable } from '@nestjs/common';
import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { type Page, pageOf, type PageRequest } from '../../kernel/page.js';
import { type CustomerContact, GetCustomerContact } from '../contract/queries.js';
import { CustomerNotFound } from '../domain/customer.errors.js';
import type { Purchase } from '../domain/customer.state.js';

export interface CustomerView {
  readonly id: string;
  /** These four are null for a customer who never registered, or whose data were erased. */
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly phone: string | null;
  /** How many purchases count. */
  readonly purchases: number;
  readonly vipSince: Date | null;
  readonly registeredAt: Date | null;
  readonly erasedAt: Date | null;
  readonly version: number;
}

const VIEW = `
  select id, profile ->> 'email' as email, profile ->> 'firstName' as "firstName",
         profile ->> 'lastName' as "lastName", profile ->> 'phone' as phone, purchases, vip_since as "vipSince",
         registered_at as "registeredAt", erased_at as "erasedAt", version
    from customer.customers`;

const PURCHASES = `
  select order_id as "orderId", total, paid_at as "paidAt", canceled_at as "canceledAt"
    from customer.purchases where customer_id = $1`;

@Injectable()
export class CustomerQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws CustomerNotFound */
  async get(id: string): Promise<CustomerView> {
    const customer = await this.find(id);
    if (!customer) throw new CustomerNotFound(id);
    return customer;
  }

  async find(id: string): Promise<CustomerView | undefined> {
    const [customer] = await this.dataSource.query<CustomerView[]>(`${VIEW} where id = $1`, [id]);
    return customer;
  }

  /** Newest first. */
  async list({ email, cursor, limit }: PageRequest & { readonly email?: string }): Promise<Page<CustomerView>> {
    const customers = await this.dataSource.query<CustomerView[]>(
      `${VIEW}
        where ($1::text is null or lower(profile ->> 'email') = lower($1))
          and ($2::text is null
               or (first_seen_at, id) < (select first_seen_at, id from customer.customers where id = $2))
        order by first_seen_at desc, customers.id desc
        limit $3`,
      [email, cursor, limit + 1],
    );
    return pageOf(customers, limit, (customer) => customer.id);
  }

  /** Newest order first. */
  async purchases(id: string, { cursor, limit }: PageRequest): Promise<Page<Purchase>> {
    await this.get(id);
    const purchases = await this.dataSource.query<Purchase[]>(
      `${PURCHASES} and ($2::uuid is null or order_id < $2) order by order_id desc limit $3`,
      [id, cursor, limit + 1],
    );
    return pageOf(purchases, limit, (purchase) => purchase.orderId);
  }

  async allPurchases(id: string): Promise<Purchase[]> {
    return this.dataSource.query(`${PURCHASES} order by order_id desc`, [id]);
  }
}

@QueryHandler(GetCustomerContact)
export class GetCustomerContactHandler implements IQueryHandler<GetCustomerContact> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ customerId }: GetCustomerContact): Promise<CustomerContact | undefined> {
    const [contact] = await this.dataSource.query<CustomerContact[]>(
      `select id as "customerId", profile ->> 'email' as email, profile ->> 'firstName' as "firstName"
         from customer.customers where id = $1 and profile is not null`,
      [customerId],
    );
    return contact;
  }
}
