/** Marks by which chat templates tell turns apart, as models write them where their server does not take them off. */
const mark = String.raw`(?:<\|[a-z_]{1,40}\|>|<｜[^｜<>\n]{1,40}｜>|<\/?s>|<(?:bos|eos|pad|end_of_turn|start_of_turn)>|\[\/?INST\])`
/** "<s> and </s> tokens" is about marks. */
const isTold = String.raw`(?!\s{0,3}(?:(?:and|or|tokens?|tags?|marks?|markers?|symbols?)\b|[,"'”’\x60)]))`
/** So is 'the token <|endoftext|>'. */
const named = String.raw`(?<!\b(?:tokens?|marks?|markers?|symbols?|tags?|strings?|sequences?|delimiters?|words?|like|as|and|or|the|is|of|with|for|including|called|before|after)\s{1,3}|[:,(]\s{0,3})`

const end = String.raw`(?:<\|(?:im_end|eot_id|eom_id|end|end_of_text|endoftext|return)\|>|<｜end▁of▁sentence｜>|<(?:eos|end_of_turn)>)(?=\s*(?:$|<|\[)|[^\S\n]*\n)`
const turnEnd = new RegExp(String.raw`(?=<)${named}${end}`, 'i')
/** A mark that does not end the turn here. */
const begin = String.raw`(?!${end})${mark}`
const leading = new RegExp(
  String.raw`^\s*(?:${begin}${isTold}\s*)+(?:(?:assistant|model)\s{0,3}(?:${begin}|\n)(?:\s*${begin}${isTold})*)?`,
  'i',
)
const sentenceEnd = new RegExp(String.raw`(?=<)${named}<\/s>[^\S\n]{0,20}$`, 'gim')

/**
 * A reply without the marks of its chat template: those before it, and the end of its turn with all that a model wrote on behind it.
 * Of a model that speaks on several channels only what it says on the last one is its reply.
 */
export function withoutTurnMarks(text: string): string {
  const said = text.replace(/^[\s\S]*<\|channel\|>final<\|message\|>/, '')
  if (/^\s*(?:<\|start\|>assistant)?<\|channel\|>/.test(said)) return ''
  const begun = said.replace(leading, '')
  const over = turnEnd.exec(begun)
  return (over ? begun.slice(0, over.index) : begun).replace(sentenceEnd, '')
}
