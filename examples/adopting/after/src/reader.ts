import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('reader')
export class Reader {
  @PrimaryColumn('text')
  name!: string;

  @Column('int')
  loans!: number;
}
