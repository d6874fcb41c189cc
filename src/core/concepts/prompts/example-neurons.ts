/** A token and its activation from 0 to 10. */
export type Scored = readonly [token: string, activation: number]

/** A neuron that a prompt explains as an example. */
export interface ExampleNeuron {
  readonly records: readonly (readonly Scored[])[]
  readonly explanation: string
}

/**
 * The example neurons of the explanation prompt. The report prints only the first record of the first one; the other
 * records are from public-domain books: Louisa May Alcott, Little Women (neurons 1 and 3), and Lewis Carroll, Alice's
 * Adventures in Wonderland (neuron 2), with activations set by hand.
 */
export const exampleNeurons: readonly ExampleNeuron[] = [
  {
    explanation: 'phrases related to community',
    records: [
      record('the/0 sense/0 of/0 together/3 ness/7 in/0 our/0 town/1 is/0 strong/0 ./0'),
      record(
        "We/0 are/0 not/0 strangers/0 ,/0 we/0 are/0 neighbors/10 ,/0 and/0 you/0 needn't/0 think/0 you'd/0 be/0 a/0 bother/0 ./0 We/0 want/0 to/0 know/0 you/0 ,/0 and/0 I've/0 been/0 trying/0 to/0 do/0 it/0 this/0 ever/0 so/0 long/0 ./0",
      ),
    ],
  },
  {
    explanation: 'present participles and other words ending in "-ing"',
    records: [
      record(
        'Alice/0 was/0 beginning/8 to/0 get/0 very/0 tired/0 of/0 sitting/9 by/0 her/0 sister/0 on/0 the/0 bank/0 ,/0 and/0 of/0 having/6 nothing/1 to/0 do/0 :/0 once/0 or/0 twice/0 she/0 had/0 peeped/0 into/0 the/0 book/0 her/0 sister/0 was/0 reading/10',
      ),
      record(
        'in/0 another/0 moment/0 down/0 went/0 Alice/0 after/0 it/0 ,/0 never/0 once/0 considering/9 how/0 in/0 the/0 world/0 she/0 was/0 to/0 get/0 out/0 again/0 ./0',
      ),
    ],
  },
  {
    explanation: 'words related to medical conditions',
    records: [
      record('every/0 one/0 had/0 scarlet/4 fever/10 ,/0 and/0 if/0 rightly/0 treated/5 ,/0 nobody/0 died/3'),
      record(
        "I/0 looked/0 in/0 Mother's/0 book/0 ,/0 and/0 saw/0 that/0 it/0 begins/0 with/0 headache/9 ,/0 sore/7 throat/8 ,/0 and/0 queer/0 feelings/0 like/0 mine/0",
      ),
    ],
  },
]

/** Reads `token/activation` pairs parted by spaces. */
function record(pairs: string): Scored[] {
  return pairs.split(' ').map((pair): Scored => {
    const slash = pair.lastIndexOf('/')
    return [pair.slice(0, slash), Number(pair.slice(slash + 1))]
  })
}
