import { withoutFence } from './fence.ts'
import { nonAnswerIn, type NonAnswer } from './non-answers.ts'
import { askedFor, expressionNouns, firstPerson, impersonal, leadIn, otherLanguages } from './refusal-patterns.ts'

/** Why one sentence or item is no concept: as `failureIn`, or it is small talk. Null when it may be one. */
export function conceptFailureIn(text: string): string | null {
  return failureIn(text) ?? (isSmallTalk(plainWords(text)) ? 'the reply holds no answer' : null)
}

/** Why a reply holds no concept: a refusal in any of its sentences, an error, a placeholder, markup. Null when it may hold one. */
export function failureIn(text: string): string | null {
  if (isMarkup(text)) return 'the reply is JSON or markup where words were asked for'
  const plain = plainWords(text)
  if (/^\W*(?:my )?(?:sorry|apologies)\W*$/.test(plain)) return refusedReason
  if (isPlaceholder(plain)) return reasons.nothing
  if (isErrorText(plain)) return reasons.error
  const kind = nonAnswerIn(text, plain)
  if (kind !== null) return reasons[kind]
  if (sentencesOf(plain).some(declines)) return refusedReason
  return null
}

export const refusedReason = 'the model refused to answer'

const reasons: Readonly<Record<NonAnswer, string>> = {
  refusal: refusedReason,
  error: 'the reply is the message of an error',
  nothing: 'the reply names nothing',
}

/** True when a text begins with a sentence that declines, whatever marks it as a heading, a quotation or a list. */
export function beginsWithRefusal(text: string): boolean {
  return sentencesOf(plainWords(text)).slice(0, 1).some(declines)
}

/** Characters of a sentence in which a refusal is looked for. */
const longestLookedAt = 400

/** Lower case, straight apostrophes, no markdown, and no quotations: what a concept quotes says nothing of the model. */
function plainWords(text: string): string {
  const straight = text.normalize('NFC').replace(/[’‘ʼ]/g, "'").replace(/[“”„]/g, '"').toLowerCase()
  const bare = straight.replace(/\*+|__+|^[\s>#]+/gm, '')
  const quoted = bare
    .replace(/"[^"\n]*"|`[^`\n]*`|«[^»\n]*»/g, '""')
    .replace(/(?<![\p{L}\p{N}])'(?=\S)[^'\n]*(?:(?<=\p{L})'(?=\p{L})[^'\n]*)*'(?!\p{L})/gu, '""')
  // Nothing but a quotation: then that is what is said.
  return (/\p{L}/u.test(quoted) ? quoted : bare).trim()
}

function sentencesOf(text: string): string[] {
  return text
    .split(/(?<!(?:e\.g|i\.e|etc|vs))[.!?…](?=\s)|(?<=[。！？])|\n/)
    .map((sentence) => sentence.replace(/^[^\p{L}]+/u, '').slice(0, longestLookedAt))
    .filter((sentence) => sentence !== '')
}

function declines(sentence: string): boolean {
  return clausesOf(sentence).some((clause) => {
    const core = clause.replace(leadIn, '')
    const found =
      isAny(impersonal, clause) ||
      [clause, core].some(
        (part) => isAny(firstPerson, part) || (isAny(otherLanguages, part) && !languages.test(clause)),
      )
    return found && !(namesExpressions.test(clause) && !askedFor.test(clause))
  })
}

const languages =
  /\b(?:german|french|spanish|portuguese|italian|dutch|polish|turkish|russian|chinese|japanese|korean)\b/

/** "I can't, I won't and other negated verbs": a list of expressions that says so. */
const namesExpressions = new RegExp(
  `^(?:[^,]{1,40},\\s*){0,6}[^,]{1,40},?\\s+(?:and|or)\\s+(?:other|similar|related|comparable)\\s+(?:[^\\s,]+\\s+){0,3}${expressionNouns}\\b`,
)

/** The sentence, and what it says in the first person after a comma or a "but", unless that is an example of words. */
function clausesOf(sentence: string): string[] {
  const clauses = [sentence]
  const boundary =
    /(?:[,;:]|\s[–—-])\s*(?:(?:but|however|so|therefore|and|thus|yet),?\s+)?(?=(?:i|we)['\s])|\s(?:but|however|that|which),?\s+(?=(?:i|we)['\s])/g
  const speaks =
    /^(?:i|we|thanks?|your|these|this|the (?:samples?|texts?|excerpts?|contents?|requests?|inputs?|data))\b/
  for (const match of sentence.matchAll(boundary)) {
    const before = sentence.slice(0, match.index)
    if (!speaks.test(sentence) && examples.test(before)) continue
    clauses.push(sentence.slice(match.index + match[0].length))
  }
  return clauses
}

const examples = new RegExp(
  `\\b(?:such as|like|e\\.g|i\\.e|for example|for instance|including|namely|dialogue|${expressionNouns})(?!\\p{L})`,
  'u',
)

function isAny(patterns: readonly RegExp[], text: string): boolean {
  return patterns.some((pattern) => pattern.test(text))
}

/** A JSON object, whole or torn, or a document of tags. */
function isMarkup(text: string): boolean {
  const body = withoutFence(text.trim())
  if (/^\{[\s\S]*\}$/.test(body)) return /["':]/.test(body)
  if (/^\{\s*["'][^"']*["']\s*:/.test(body)) return !body.includes('}')
  if (/^<(?:!doctype|\?xml)\b/i.test(body) || /^<html[^>]*>\s*(?:<|$)/i.test(body)) return true
  // "<b> and </b>" is about tags.
  return /^<(\w+)[^>]*>[\s\S]*<\/\1>$/.test(body) && !/^(?:\s|and|or|[,/&])*$/.test(body.replace(/<[^>]*>/g, ''))
}

/** Characters of the longest placeholder: beyond, looking for its end would take as the square of the length. */
const longestPlaceholder = 200

function isPlaceholder(text: string): boolean {
  if (text.length > longestPlaceholder) return false
  const word = text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return (
    /^(?:none|null|nil|nan|n\/?a|n\. ?a|n\/a\W+not applicable|undefined|unknown|redacted|nothing(?: specific| in particular)?|not applicable|not available|object object)$/.test(
      word,
    ) ||
    /^(?:none|no (?:(?:clear|specific|particular|discernible|obvious|consistent|common|apparent|evident|meaningful|identifiable|recogni[sz]able|valid) )*(?:response|answer|output|reply|explanation|content|completion|concept|pattern|theme|topic|result|match(?:e)?|description|information|data)s?)(?: (?:was |were |has been |is |could be |can be )?(?:generated|available|given|provided|returned|produced|received|possible|detected|identified|determined|found|yet))?$/.test(
      word,
    )
  )
}

const statusTexts =
  '(?:internal server error|bad gateway|service (?:temporarily )?unavailable|gateway time-?out|too many requests|rate limit(?:ed| exceeded| reached(?: for .*)?)|request time-?out|bad request|not found|forbidden|unauthori[sz]ed|access denied|payment required|connection (?:refused|reset|timed out|closed)|server error|quota exceeded|insufficient quota|out of memory|segmentation fault|invalid (?:api key|request|json))'

const errorTexts: readonly RegExp[] = [
  new RegExp(
    `^(?:(?:http|error|status|code|fatal)\\b[\\s:#/-]*)*(?:\\d\\.\\d\\s+)?(?:[1-5]\\d\\d\\b[\\s:.)-]*)?${statusTexts}\\s*(?:[.!]*$|[.!:,–—-]*\\s+(?=.*\\b(?:please|try|again|retry|later|exceeded|requests?|server)\\b))`,
  ),
  /^(?:http\w*|error|status)(?:\s+(?:code|status|error))?[\s:#(]*[45]\d\d\b(?!\s*(?:and|or|,|errors?|messages?|codes?|pages?|responses?)\b)/,
  /^(?:an? )?(?:\w+ )?error (?:has )?occurred|^something went wrong|\b(?:had|encountered|received) an (?:\w+ )?error\b.*\b(?:request|processing|server|again)\b/,
  /^you exceeded your current quota|^incorrect api key|^the model \S+ does not exist|maximum context length is|^upstream connect error|^traceback \(most recent call last\)|^cuda (?:error|out of memory)/,
  /^(?:the |your |this |that )(?:request|connection|operation|server|model|engine)(?: has| is| was| currently)* (?:timed out|overloaded|unavailable|refused|reset|failed)\b/,
]

/** Characters in which the message of an error is looked for: it stands at the beginning. */
const longestError = 1000

function isErrorText(whole: string): boolean {
  const text = whole.slice(0, longestError)
  if (namesExpressions.test(text)) return false
  if (isAny(errorTexts, text) || /^request timed out\b/.test(text)) return true
  // "Error: ..." is one, unless it goes on to speak of words.
  return (
    /^(?:\w*(?:error|exception)|fatal):\s+(?!and\b|or\b)/.test(text) &&
    !new RegExp(`\\b${expressionNouns}\\b`).test(text)
  )
}

function isSmallTalk(text: string): boolean {
  if (namesExpressions.test(text)) return false
  return /^(?:(?:sure|certainly|of course|absolutely|okay)(?: thing)?(?:!$|[!,.:] (?:here|i|let|below|please|the following)\b)|(?:let me know|feel free|i hope|i would be happy|i'd be happy|happy to help|how (?:can|may|could|might) i (?:help|assist)|is there anything else|what (?:would you like|do you (?:mean|want|need))|(?:can|could|would) you (?:please )?(?:clarify|rephrase|repeat|specify|elaborate|provide|share))\b|please (?:provide|rephrase|ask|let me know|try|share|clarify)\b)/.test(
    text,
  )
}
