import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { AggregateRepository, UnitOfWork } from '../../messaging/index.js';
import { AllocationExists, BatchExists, BatchNotFound, SkuUnknown } from '../domain/product.errors.js';
import type { Line } from '../domain/line.js';
import { Product } from '../domain/product.js';
import type { ProductState } from '../domain/product.state.js';
import { Products, type ProductSelection } from '../domain/products.js';
import { INSERT_UNKNOWN, LOCK, READ_HOLDERS, READ_SKU, READ_STOCK, READ_WAITING, WRITE } from './product.sql.js';

@Injectable()
export class PostgresProducts implements Products {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async change<R>(selection: ProductSelection, decide: (product: Product) => R | Promise<R>): Promise<R> {
    return new SelectedProduct(this.unitOfWork, selection).change(selection.sku, decide);
  }

  async skuOf(ref: string): Promise<string> {
    const [batch] = await this.query<{ sku: string }>(READ_SKU, [ref]);
    if (!batch) throw new BatchNotFound(ref);
    return batch.sku;
  }

  async waiting(sku: string, units: number): Promise<readonly Line[]> {
    if (units === 0) return [];
    const vips = await this.query<Line>(READ_WAITING, [sku, units, true]);
    const left = units - vips.reduce((sum, line) => sum + line.quantity, 0);
    return [...vips, ...(await this.query<Line>(READ_WAITING, [sku, left, false]))];
  }

  async holders(ref: string, units?: number): Promise<readonly Line[]> {
    if (units === 0) return [];
    return this.query<Line>(READ_HOLDERS, [ref, units]);
  }

  private query<R>(sql: string, parameters: unknown[]): Promise<R[]> {
    return this.unitOfWork.run((manager) => manager.query<R[]>(sql, parameters));
  }
}

type Facts = Omit<ProductState, 'batches' | 'lines'>;
type Stock = Pick<ProductState, 'batches' | 'lines'>;

class SelectedProduct extends AggregateRepository<Product> {
  constructor(
    unitOfWork: UnitOfWork,
    private readonly selection: ProductSelection,
  ) {
    super(unitOfWork);
  }

  /**
   * Locks and reads in separate statements, in one flight. In one statement, it would read the batches as they were before
   * it waited for the lock, and the version guard, reading the product as it is now, wouldn't notice.
   */
  protected async load(manager: EntityManager, sku: string): Promise<Product> {
    if (this.selection.orNew) await manager.query(INSERT_UNKNOWN, [sku]);
    const { batch, lines = [] } = this.selection;
    const ids = [lines.map((line) => line.orderId), lines.map((line) => line.lineId)];
    const [[facts], [stock]] = await Promise.all([
      manager.query<Facts[]>(LOCK, [sku]),
      manager.query<[Stock]>(READ_STOCK, [sku, batch ?? null, ...ids]),
    ]);
    if (!facts) throw new SkuUnknown(sku);
    return Product.from({ ...facts, ...stock });
  }

  protected insert(): Promise<void> {
    throw new TypeError('A product comes into being by change({ orNew: true }).');
  }

  protected async update(manager: EntityManager, state: ProductState, before: ProductState): Promise<number> {
    const { sku, version, name, unitPrice, active, backorderPolicy, ranOut } = state;
    const price = [unitPrice?.amount, unitPrice?.currency];
    const facts = [sku, before.version, version, name, ...price, active, backorderPolicy, ranOut];
    const batches = changed(state.batches, before.batches);
    const lines = changed(state.lines, before.lines);
    const stock = [JSON.stringify(batches), JSON.stringify(lines)];
    const [written] = await manager.query<[Written]>(WRITE, [...facts, ...stock]);
    // The lock covers this sku's own rows, so a row that was left alone is another sku's.
    if (written.batches < batches.length) throw new BatchExists(batches.map((batch) => batch.ref).join(', '));
    if (written.lines < lines.length) throw new AllocationExists(lines[0]!);
    return written.products;
  }
}

interface Written {
  readonly products: number;
  readonly batches: number;
  readonly lines: number;
}

function changed<T>(now: readonly T[], before: readonly T[]): readonly T[] {
  const known = new Set(before);
  return now.filter((each) => !known.has(each));
}
