import { Message } from 'aftercommit/messaging';

export class BookLent {
  constructor(
    readonly bookId: string,
    readonly reader: string,
  ) {}
}

@Message('library.book-returned')
export class BookReturned {
  constructor(readonly bookId: string) {}
}
