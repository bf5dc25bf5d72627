import { Command, CommandHandler, EventPublisher, type ICommandHandler } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Book } from './book.js';

export class LendBook extends Command<void> {
  constructor(
    readonly bookId: string,
    readonly reader: string,
  ) {
    super();
  }
}

@CommandHandler(LendBook)
export class LendBookHandler implements ICommandHandler<LendBook> {
  constructor(
    @InjectRepository(Book) private readonly books: Repository<Book>,
    private readonly publisher: EventPublisher,
  ) {}

  async execute({ bookId, reader }: LendBook): Promise<void> {
    const book = this.publisher.mergeObjectContext(await this.books.findOneByOrFail({ id: bookId }));
    book.lend(reader);
    await this.books.save(book);
    book.commit();
  }
}
