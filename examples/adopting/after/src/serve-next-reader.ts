import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { LendBook } from './lend-book.js';
import { Reservation } from './reservation.js';

export class ServeNextReader extends Command<void> {
  constructor(readonly bookId: string) {
    super();
  }
}

@CommandHandler(ServeNextReader)
export class ServeNextReaderHandler implements ICommandHandler<ServeNextReader> {
  constructor(
    @InjectRepository(Reservation) private readonly reservations: Repository<Reservation>,
    private readonly commands: CommandBus,
  ) {}

  async execute({ bookId }: ServeNextReader): Promise<void> {
    const next = await this.reservations.findOne({ where: { bookId }, order: { id: 'asc' } });
    if (!next) return;
    await this.reservations.remove(next);
    await this.commands.execute(new LendBook(bookId, next.reader));
  }
}
