import { Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { GetProductOffers } from '../../allocation/index.js';
import { AppConfig } from '../../app.config.js';
import { Clock } from '../../kernel/clock.js';
import type { Prices } from '../domain/pricing.js';

/** What today's orders cost. */
@Injectable()
export class Offers {
  constructor(
    private readonly queries: QueryBus,
    private readonly config: AppConfig,
    private readonly clock: Clock,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  /** Of the products that can be ordered. */
  async prices(skus: readonly string[]): Promise<Prices> {
    const offers = await this.queries.execute(new GetProductOffers([...new Set(skus)]));
    return new Map(offers.map((offer) => [offer.sku, offer.unitPrice]));
  }

  /** In basis points: what a VIP saves, and nothing for others. */
  async discountFor(customerId: string): Promise<number> {
    const sql = 'select 1 from orders.vips where customer_id = $1 and vip_since < $2';
    const [vip] = await this.dataSource.query<object[]>(sql, [customerId, this.clock.now()]);
    return vip ? this.config.vipDiscountBps : 0;
  }
}
