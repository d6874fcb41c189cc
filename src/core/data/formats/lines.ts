/** Cuts text that comes in pieces at line feeds; lines count from 1 and lose their LF or CRLF. Linear in the text. */
export function createLineSplitter(onLine: (line: string, number: number) => void): {
  push(text: string): void
  end(): void
} {
  let carry = ''
  let number = 0

  function give(line: string): void {
    number++
    onLine(line.endsWith('\r') ? line.slice(0, -1) : line, number)
  }

  return {
    push(text) {
      let from = 0
      for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', from)) {
        give(carry + text.slice(from, at))
        carry = ''
        from = at + 1
      }
      carry += text.slice(from)
    },
    end() {
      if (carry !== '') give(carry)
      carry = ''
    },
  }
}
