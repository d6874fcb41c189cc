/** What stands between the fences of a block of code, or the text as it is; in one look at each character, however many are blank. */
export function withoutFence(text: string): string {
  const body = text.replace(/^```\w*\s*/, '')
  return body.endsWith('```') ? body.slice(0, -3).trimEnd() : body
}
