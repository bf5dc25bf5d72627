import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Batch } from '../domain/batch.js';
import { BatchNotFound } from '../domain/product.errors.js';
import { pageOf, type Page, type PageRequest } from '../../kernel/page.js';

export interface BatchView extends Batch {
  readonly sku: string;
}

const SELECT_BATCH = 'SELECT ref, sku, quantity, eta::text, allocated, shipped FROM allocation.batches';

@Injectable()
export class BatchQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async list({ sku, cursor, limit }: PageRequest & { readonly sku?: string }): Promise<Page<BatchView>> {
    const rows = await this.dataSource.query<BatchView[]>(
      `${SELECT_BATCH}
       WHERE ($1::text IS NULL OR seq < (SELECT seq FROM allocation.batches WHERE ref = $1))
         AND ($2::text IS NULL OR sku = $2)
       ORDER BY seq DESC LIMIT $3`,
      [cursor, sku, limit + 1],
    );
    return pageOf(rows, limit, (batch) => batch.ref);
  }

  /** @throws BatchNotFound */
  async get(ref: string): Promise<BatchView> {
    const [batch] = await this.dataSource.query<BatchView[]>(`${SELECT_BATCH} WHERE ref = $1`, [ref]);
    if (!batch) throw new BatchNotFound(ref);
    return batch;
  }
}
