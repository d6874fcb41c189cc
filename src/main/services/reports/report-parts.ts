import { html, type Html } from '../../../core/report/html.ts'
import { formatMeasure } from '../../../core/report/numbers.ts'

/** A column of a table; the one that names its row is a heading. */
export interface Column<Row> {
  readonly name: string | Html
  readonly number?: boolean
  readonly row?: boolean
  readonly cell: (row: Row) => string | Html
}

/** A table with a caption, for every reader. */
export function table<Row>(caption: string | Html, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const of = ({ number }: Column<Row>) => (number === true ? html` class="n"` : '')
  return html`<div class="wide" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col" ${of(column)}>${column.name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${columns.map((column) => (column.row === true ? html`<th scope="row" ${of(column)}>${column.cell(row)}</th>` : html`<td${of(column)}>${column.cell(row)}</td>`))}
            </tr> `,
        )}
      </tbody>
    </table>
  </div>`
}

/** What something is called, and what it is. */
export type Fact = readonly [name: string, value: string | Html]

/** A table of facts about one thing, a row each. */
export function pairsTable(caption: string | Html, facts: readonly Fact[]): Html {
  return html`<table>
    <caption>
      ${caption}
    </caption>
    <tbody>
      ${facts.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${value}</td>
          </tr>`,
      )}
    </tbody>
  </table>`
}

/** A section of the page under its heading. */
export function section(title: string, ...parts: readonly (Html | readonly Html[])[]): Html {
  return html`<section>
    <h2>${title}</h2>
    ${parts}
  </section>`
}

/** What stands where there is nothing to list. */
export function nothing(sentence: string): Html {
  return html`<p class="soft">${sentence}</p>`
}

/** A text of the data, kept from turning what stands around it. */
export function bdi(text: string): Html {
  return html`<bdi>${text}</bdi>`
}

/** A number as it is read, with all its digits in the title. */
export function digits(text: string, value: number): Html {
  return html`<span title="${value}">${text}</span>`
}

/** A hash, whole: it may be compared by eye, and copied. */
export function hash(sha256: string): Html {
  return html`<code class="hash">${sha256}</code>`
}

interface Bounded {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** `31.1 % [28.4, 33.9]`, or with a sign for changes, with all digits in the title. */
export function measure(of: Bounded, estimator: string, signed = false): Html {
  const { value, interval } = formatMeasure(of, estimator, signed)
  return html`<span title="${of.value} [${of.low}, ${of.high}]"
    >${value}<span class="interval">${interval}</span></span
  >`
}
