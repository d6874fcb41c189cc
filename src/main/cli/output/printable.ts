/**
 * Text from data, models and files with control characters written out (`\u001b`), so that it cannot steer a terminal
 * or turn the direction of what follows. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (unit) =>
    unit === '\n' || unit === '\t' ? unit : escapeUnit(unit),
  )
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
