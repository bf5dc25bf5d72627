import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

@Entity('reservation')
export class Reservation {
  @PrimaryGeneratedColumn('identity')
  id!: number;

  @Column('text', { name: 'book_id' })
  bookId!: string;

  @Column('text')
  reader!: string;
}
