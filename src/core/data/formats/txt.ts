import { SnipError } from '../../../contract/failure.ts'
import { createWholeTextParser, type DataFormat } from './format.ts'

/** A plain text file: one document, whole. */
export const txtFormat: DataFormat = {
  id: 'txt',
  name: 'Plain text',
  extensions: ['.txt'],
  createParser: ({ name }) =>
    createWholeTextParser(
      (text) => ({ kind: 'text', text }),
      () =>
        new SnipError('bad-data', `${name} is too large for one document: it holds more than 512 million characters`, {
          remedy: 'Split the file, or turn it into JSONL with one document per line.',
        }),
    ),
}
