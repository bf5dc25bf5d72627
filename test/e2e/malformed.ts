/** What of JSON Schema the service's descriptions use. */
export interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

const FORMATS: Readonly<Record<string, string>> = {
  uuid: '0198c0de-dead-7000-8000-00000000beef',
  'date-time': '2040-01-01T00:00:00.000Z',
  date: '2040-01-01',
  email: 'nobody@example.com',
};
const TEXTS = ['unknown', 'USD', 'DE', '2040-01-01', '+49 123', 'UNKNOWN-1', '1', 'e999999999', '1700000000000-e1'];

/** A value that fits; it names nothing that exists. */
export function sampleOf(schema: Schema): unknown {
  const option = optionsOf(schema)[0];
  if (option) return sampleOf(option);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'string') return sampleText(schema);
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(schema.minimum ?? 1, 1);
  if (schema.type === 'boolean') return true;
  if (schema.type === 'array') return Array.from({ length: schema.minItems ?? 1 }, () => sampleOf(schema.items ?? {}));
  if (schema.type === 'object') return sampleObject(schema);
  return 'unknown';
}

function sampleText({ format = '', pattern, minLength = 0, maxLength = Infinity }: Schema): string {
  const fits = (text: string) => text.length >= minLength && text.length <= maxLength;
  const text = FORMATS[format] ?? TEXTS.find((each) => fits(each) && (!pattern || new RegExp(pattern, 'u').test(each)));
  if (text === undefined) throw new Error(`No sample for ${pattern}: add one to TEXTS.`);
  return text;
}

function sampleObject({ properties = {} }: Schema): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, sampleOf(schema)]));
}

/** Values that differ from one that fits in a single place each, and don't fit. */
export function misfitsOf(schema: Schema): unknown[] {
  const options = optionsOf(schema);
  if (options.length > 0) return options.flatMap(misfitsOf).filter((value) => value !== null || !isNullable(schema));
  return [...misfitsAsWhole(schema), ...misfitsInside(schema)];
}

function misfitsInside({ properties = {}, required = [], ...schema }: Schema): unknown[] {
  if (schema.items) return misfitsOf(schema.items).map((item) => [item]);
  if (schema.type !== 'object') return [];
  const whole = sampleObject({ properties });
  const bent = Object.entries(properties).flatMap(([name, member]) =>
    misfitsOf(member).map((misfit) => ({ ...whole, [name]: misfit })),
  );
  const bare = required.map((name) => ({ ...whole, [name]: undefined }));
  const extended = schema.additionalProperties === false ? [{ ...whole, surprise: 1 }] : [];
  return [...bent, ...bare, ...extended];
}

const UNSTORABLE = ['a\u0000b', '\ud800'];

const MISFITS: Readonly<Record<string, (schema: Schema) => unknown[]>> = {
  string: (schema) => [1, null, true, {}, [], ...UNSTORABLE, ...misfittingTexts(schema)],
  integer: (schema) => ['x', '', null, {}, [], 1.5, 1e300, ...misfittingNumbers(schema)],
  number: (schema) => ['x', '', null, {}, [], ...misfittingNumbers(schema)],
  boolean: () => ['x', 1, null, {}],
  array: (schema) => [1, 'x', null, {}, ...misfittingLists(schema)],
  object: () => [1, 'x', null, []],
};

function misfitsAsWhole(schema: Schema): unknown[] {
  if (schema.enum) return ['nope', 1, null, {}];
  return MISFITS[schema.type ?? '']?.(schema) ?? [];
}

function misfittingTexts({ minLength = 0, maxLength, format, pattern }: Schema): string[] {
  const short = minLength > 0 ? [''] : [];
  const long = maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)];
  return format || pattern ? [...short, ...long, '💩'] : [...short, ...long];
}

function misfittingNumbers({ minimum, exclusiveMinimum, maximum }: Schema): number[] {
  const least = minimum === undefined ? exclusiveMinimum : minimum - 1;
  const most = maximum === undefined ? undefined : maximum * 2;
  return [least, most].filter((bound) => bound !== undefined);
}

function misfittingLists({ minItems = 0, maxItems, items = {} }: Schema): unknown[] {
  const short = minItems > 0 ? [[]] : [];
  return maxItems === undefined ? short : [...short, Array.from({ length: maxItems + 1 }, () => sampleOf(items))];
}

/** Texts that a path or query parameter of this schema refuses; URL-encoded. */
export function malformedTexts(schema: Schema): string[] {
  const texts = misfitsOf(schema).filter((value) => typeof value === 'string' || typeof value === 'number');
  const numeric = schema.type === 'integer' || schema.type === 'number';
  const misfits = texts.filter((value) => (numeric ? value !== '' : typeof value === 'string' && value !== '\ud800'));
  return misfits.map((value) => encodeURIComponent(String(value).slice(0, 5_000)));
}

const optionsOf = ({ anyOf = [], oneOf = [] }: Schema) => [...anyOf, ...oneOf].filter(({ type }) => type !== 'null');
const isNullable = ({ anyOf = [], oneOf = [] }: Schema) => [...anyOf, ...oneOf].some(({ type }) => type === 'null');
