import { EventsHandler, type IEventHandler } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { BookLent } from './events.js';
import { Reader } from './reader.js';

/** Run twice for one loan, it would count two. */
@EventsHandler(BookLent)
export class CountLoansHandler implements IEventHandler<BookLent> {
  constructor(@InjectRepository(Reader) private readonly readers: Repository<Reader>) {}

  async handle({ reader }: BookLent): Promise<void> {
    await this.readers.query(
      'insert into reader (name, loans) values ($1, 1) on conflict (name) do update set loans = reader.loans + 1',
      [reader],
    );
  }
}
