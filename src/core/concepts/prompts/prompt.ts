/** One message of a chat. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** A prompt ready to send. `text` is the whole as one string, to show and to hash as the prompt's version. */
export interface RenderedPrompt {
  readonly text: string
  readonly messages: readonly Message[]
}

/**
 * Text of a data set or a model made safe for a place that is one line long: line breaks, tabs and other control
 * characters become visible escapes, so that no text can end its line and pose as part of the prompt.
 */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === '\n') return '\\n'
    if (character === '\r') return '\\r'
    if (character === '\t') return '\\t'
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
}
