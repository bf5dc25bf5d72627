import { Command, CommandHandler, EventPublisher, type ICommandHandler } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Book } from './book.js';

export class ReturnBook extends Command<void> {
  constructor(readonly bookId: string) {
    super();
  }
}

@CommandHandler(ReturnBook)
export class ReturnBookHandler implements ICommandHandler<ReturnBook> {
  constructor(
    @InjectRepository(Book) private readonly books: Repository<Book>,
    private readonly publisher: EventPublisher,
  ) {}

  async execute({ bookId }: ReturnBook): Promise<void> {
    const book = this.publisher.mergeObjectContext(await this.books.findOneByOrFail({ id: bookId }));
    book.takeBack();
    await this.books.save(book);
    book.commit();
  }
}
