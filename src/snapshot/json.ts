/**
 * JSON for values with addresses and bytes in them: a bigint becomes `0x…`, a Uint8Array its bytes in hex.
 * What reads them back is the schema (schema.ts), which knows which is which.
 */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, field: unknown) => encodeField(field), indent);
}

function encodeField(field: unknown): unknown {
  if (typeof field === 'bigint') return `0x${field.toString(16)}`;
  // Buffer has a toJSON of its own, which has run by now.
  if (field instanceof Uint8Array) return Buffer.from(field).toString('hex');
  return field;
}
