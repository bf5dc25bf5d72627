import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MessagingModule, messagingMigrations } from 'aftercommit/messaging';
import { Book } from './book.js';
import { CountLoansHandler } from './count-loans.js';
import { LendBookHandler } from './lend-book.js';
import { CreateLibrary1700000000000 } from './migrations/create-library.js';
import { Reader } from './reader.js';
import { Reservation } from './reservation.js';
import { ReservationSaga } from './reservation.saga.js';
import { ReturnBookHandler } from './return-book.js';
import { ServeNextReaderHandler } from './serve-next-reader.js';

@Module({
  imports: [
    CqrsModule.forRoot(),
    MessagingModule.forRoot(),
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
      entities: [Book, Reader, Reservation],
      migrations: [CreateLibrary1700000000000, ...messagingMigrations()],
      migrationsRun: true,
    }),
    TypeOrmModule.forFeature([Book, Reader, Reservation]),
  ],
  providers: [LendBookHandler, ReturnBookHandler, ServeNextReaderHandler, CountLoansHandler, ReservationSaga],
})
export class AppModule {}
