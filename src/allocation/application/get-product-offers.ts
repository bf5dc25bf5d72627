import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { GetProductOffers, type ProductOffer } from '../contract/queries.js';

@QueryHandler(GetProductOffers)
export class GetProductOffersHandler implements IQueryHandler<GetProductOffers> {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  async execute({ skus }: GetProductOffers): Promise<readonly ProductOffer[]> {
    return this.dataSource.query(
      `SELECT sku, name, jsonb_build_object('amount', unit_price, 'currency', currency) AS "unitPrice"
       FROM allocation.products
       WHERE sku = ANY ($1) AND active`,
      [skus],
    );
  }
}
