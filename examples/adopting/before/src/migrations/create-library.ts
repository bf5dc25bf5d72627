import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateLibrary1700000000000 implements MigrationInterface {
  readonly name = 'CreateLibrary1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table book (id text primary key, reader text);
      create table reader (name text primary key, loans int not null);
      create table reservation (
        id int primary key generated always as identity,
        book_id text not null references book,
        reader text not null
      );
      insert into book (id) values ('emma'), ('ulysses');
      insert into reservation (book_id, reader) values ('ulysses', 'bert')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table reservation, reader, book');
  }
}
