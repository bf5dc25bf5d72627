export class BookLent {
  constructor(
    readonly bookId: string,
    readonly reader: string,
  ) {}
}

export class BookReturned {
  constructor(readonly bookId: string) {}
}
