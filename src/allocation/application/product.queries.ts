import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Money } from '../../kernel/money.js';
import type { BackorderPolicy } from '../contract/commands.js';
import { ProductNotFound } from '../domain/product.errors.js';
import { pageOf, type Page, type PageRequest } from '../../kernel/page.js';

export interface ProductView {
  readonly sku: string;
  readonly name: string | null;
  readonly unitPrice: Money | null;
  readonly active: boolean;
  readonly backorderPolicy: BackorderPolicy;
}

const SELECT_PRODUCT = `
  SELECT sku, name, active, backorder_policy AS "backorderPolicy",
         CASE WHEN currency IS NOT NULL THEN jsonb_build_object('amount', unit_price, 'currency', currency) END AS "unitPrice"
  FROM allocation.products`;

@Injectable()
export class ProductQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list({ cursor, limit }: PageRequest): Promise<Page<ProductView>> {
    const rows = await this.dataSource.query<ProductView[]>(
      `${SELECT_PRODUCT}
       WHERE $1::text IS NULL OR seq < (SELECT seq FROM allocation.products WHERE sku = $1)
       ORDER BY seq DESC LIMIT $2`,
      [cursor, limit + 1],
    );
    return pageOf(rows, limit, (product) => product.sku);
  }

  /** @throws ProductNotFound */
  async get(sku: string): Promise<ProductView> {
    const [product] = await this.dataSource.query<ProductView[]>(`${SELECT_PRODUCT} WHERE sku = $1`, [sku]);
    if (!product) throw new ProductNotFound(sku);
    return product;
  }
}
