import { AggregateRoot } from '@nestjs/cqrs';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { BookLent, BookReturned } from './events.js';

@Entity('book')
export class Book extends AggregateRoot {
  @PrimaryColumn('text')
  id!: string;

  /** Who has it. */
  @Column('text', { nullable: true })
  reader!: string | null;

  lend(reader: string): void {
    if (this.reader !== null) throw new Error(`${this.id} is lent to ${this.reader}`);
    this.reader = reader;
    this.apply(new BookLent(this.id, reader));
  }

  takeBack(): void {
    if (this.reader === null) return;
    this.reader = null;
    this.apply(new BookReturned(this.id));
  }
}
