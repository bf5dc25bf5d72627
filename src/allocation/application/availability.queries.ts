import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ProductNotFound } from '../domain/product.errors.js';

export interface FreeStock {
  readonly ref: string;
  readonly eta: string | null;
  readonly available: number;
}

export interface Availability {
  readonly sku: string;
  /** The day that was asked for; null is now. */
  readonly date: string | null;
  /** Units that are free by then, in all batches together. */
  readonly available: number;
  readonly batches: readonly FreeStock[];
  /** The days on which more is expected, and what is free by then. */
  readonly later: readonly { readonly date: string; readonly available: number }[];
}

type Row = { readonly [field in keyof FreeStock]: FreeStock[field] | null };

/** `allocated < quantity` says what is free, `shipped < quantity` which index knows. */
const SELECT_FREE = `
  SELECT batch.ref, batch.eta::text, batch.quantity - batch.allocated AS available
  FROM allocation.products product
  LEFT JOIN allocation.batches batch
    ON batch.sku = product.sku AND batch.allocated < batch.quantity AND batch.shipped < batch.quantity
  WHERE product.sku = $1
  ORDER BY batch.eta NULLS FIRST, batch.ref COLLATE "C"`;

@Injectable()
export class AvailabilityQueries {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws ProductNotFound */
  async of(sku: string, date: string | null): Promise<Availability> {
    const rows = await this.dataSource.query<Row[]>(SELECT_FREE, [sku]);
    if (rows.length === 0) throw new ProductNotFound(sku);
    const free = rows.filter((row): row is FreeStock => row.ref !== null);
    // Below every date: what has arrived only.
    const by = (day: string) => free.filter((batch) => (batch.eta ?? '') <= day);
    const batches = by(date ?? '');
    const dates = new Set(free.filter((batch) => !batches.includes(batch)).map((batch) => batch.eta!));
    const later = [...dates].map((day) => ({ date: day, available: total(by(day)) }));
    return { sku, date, available: total(batches), batches, later };
  }
}

const total = (batches: readonly FreeStock[]): number => batches.reduce((sum, batch) => sum + batch.available, 0);
