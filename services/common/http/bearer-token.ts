/** The token of an `Authorization: Bearer` header (RFC 6750, section 2.1). */
export function bearerToken(header: string | null | undefined): string | undefined {
  return /^Bearer ([^\s,]+)$/i.exec(header ?? "")?.[1];
}
