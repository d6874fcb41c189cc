import { Button, NumberInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import shapes from '../../components/shapes.module.css'
import styles from './settings.module.css'

const nothing = { model: '', input: '' as number | string, output: '' as number | string }

/** What tokens cost, for estimates and caps: published prices of OpenAI, and a person's own before them. */
export function PriceSection() {
  const { client, orpc } = useRpc()
  const prices = useQuery(orpc.providers.prices.queryOptions())
  const action = useAction()
  const [form, setForm] = useState(nothing)
  const model = form.model.trim()
  const whole = model !== '' && form.input !== '' && form.output !== ''
  const set = async (event: FormEvent) => {
    event.preventDefault()
    if (!whole) return
    const price = { model, inputPerMillion: Number(form.input), outputPerMillion: Number(form.output) }
    if (await action.run(() => client.providers.setPrice(price))) setForm(nothing)
  }
  return (
    <Section
      title="Prices"
      note="US dollars for a million tokens. Models on this machine and its network are free."
      fold="prices"
    >
      {prices.error && <FailureNote failure={failureOf(prices.error)} onRetry={() => prices.refetch()} />}
      {prices.data && prices.data.length > 0 && (
        <table className={`${shapes.lined} ${styles.prices}`}>
          <caption className="visually-hidden">Prices of models</caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col" data-number>
                Prompt
              </th>
              <th scope="col" data-number>
                Answer
              </th>
              <th scope="col">From</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {prices.data.map((price) => (
              <tr key={price.model}>
                <td className="mono">{price.model}</td>
                <td data-number>{dollars(price.inputPerMillion)}</td>
                <td data-number>{dollars(price.outputPerMillion)}</td>
                <td>{price.origin === 'own' ? 'You' : 'List of api.openai.com; may have changed'}</td>
                <td className={styles.priceActions}>
                  <Button
                    variant="subtle"
                    color="gray"
                    size="compact-sm"
                    aria-label={`Change the price of ${price.model}`}
                    onClick={() =>
                      setForm({ model: price.model, input: price.inputPerMillion, output: price.outputPerMillion })
                    }
                  >
                    Change
                  </Button>
                  {price.origin === 'own' && (
                    <Button
                      variant="subtle"
                      color="gray"
                      size="compact-sm"
                      aria-label={`Remove your price of ${price.model}`}
                      onClick={() => void action.run(() => client.providers.removePrice({ model: price.model }))}
                    >
                      Remove
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <form className={styles.priceForm} onSubmit={(event) => void set(event)}>
        <TextInput
          label="Model"
          w={240}
          maxLength={200}
          spellCheck={false}
          value={form.model}
          onChange={(event) => setForm({ ...form, model: event.currentTarget.value })}
        />
        <NumberInput
          label="Prompt, $ per million"
          w={160}
          min={0}
          max={100_000}
          decimalScale={6}
          value={form.input}
          onChange={(input) => setForm({ ...form, input })}
        />
        <NumberInput
          label="Answer, $ per million"
          w={160}
          min={0}
          max={100_000}
          decimalScale={6}
          value={form.output}
          onChange={(output) => setForm({ ...form, output })}
        />
        <Button type="submit" variant="default" disabled={!whole} loading={action.busy}>
          Set the price
        </Button>
      </form>
      {action.failure && <FailureNote failure={action.failure} onDismiss={action.clear} />}
    </Section>
  )
}

function dollars(value: number): string {
  return `$${value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`
}
