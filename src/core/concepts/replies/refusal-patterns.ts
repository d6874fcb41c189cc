/** Ways in which models decline, as patterns for the beginning of a clause in lower case with straight apostrophes. */

const who = '(?:i|we)'
const negation =
  "(?:can't|cannot|can not|cant|could(?:n't| not)|won't|will not|wouldn't|would not|must not|may not|should(?:n't| not)|do not|don't|did not|didn't|have not|haven't)"

const asked =
  '(?:help|assist|provide|comply|answer|respond|fulfil+|explain|identify|determine|describe|discuss|list|generate|create|engage|continue|complete|process|summari[sz]e|analy[sz]e|share|offer|participate|access|produce|write|do (?:that|this|so))'

/** Verbs of what was asked for: with them a clause is no list of expressions, whatever follows. */
export const askedFor = new RegExp(`\\b${asked}\\b`)

/** What may stand before the clause that declines. */
export const leadIn = new RegExp(
  `^(?:(?:${who}(?:'m|'re| am| are) (?:so |very |really )?sorry|sorry|my apologies|apologies|unfortunately|regrettably|sadly|however|but|and|so|well|no|nope|nah|oops|therefore|thus|still|honestly|${who} (?:think|believe|feel)|it (?:seems|appears))[,:;–—-]*\\s+(?:but |however,? |that )?(?=\\S))+`,
)

/** A person who says what it will not do. */
export const firstPerson: readonly RegExp[] = [
  new RegExp(`^i ${negation}(?![\\p{L}'])`, 'u'),
  new RegExp(`^we ${negation} (?:\\w+ )?${asked}\\b`),
  new RegExp(
    `^${who}(?:'m|'re| am| are) (?:\\w+ )?(?:unable|incapable|not (?:\\w+ )?(?:able|comfortable|allowed|permitted|programmed|designed|going|in a position|willing|sure|certain|equipped|authori[sz]ed))\\b`,
  ),
  new RegExp(
    `^${who}(?:'m|'re| am| are) (?:just |only )?an? (?:[\\w-]+ ){0,3}?(?:ai|language model|llm|chatbot|assistant)\\b`,
  ),
  new RegExp(`^${who}(?: have|'ve|'m| am) (?:been )?(?:instructed|told|trained|programmed) not to\\b`),
  new RegExp(
    `^${who}(?:'ll|'m going to|'m| am going to)? (?:(?:must|have to|need to|will|would|should|respectfully|politely|therefore) )*(?:decline|refuse|abstain|refrain)\\b`,
  ),
  new RegExp(`^${who}(?:'d| would) (?:rather|prefer) not\\b`),
  new RegExp(`^${who}(?:'m|'re| am| are) (?:\\w+ )?(?:sorry|afraid)\\b`),
  new RegExp(`^${who} (?:sincerely |deeply )?apologi[sz]e\\b`),
  new RegExp(`^${who} (?:dunno|regret (?:that|to)|lack (?:the|enough|sufficient))\\b`),
]

const told =
  '(?:say|tell|determine|identify|describe|explain|provide|answer|know|discern|infer|list|summari[sz]e|help|assist|discuss|generate|give|name|pinpoint|conclude|share|fulfil+|comply|do)'
const sent =
  '(?:contents?|requests?|prompts?|inputs?|quer(?:y|ies)|messages?|questions?|responses?|outputs?|conversation|material|repl(?:y|ies)|answers?)'

/** Clauses without a first person. */
export const impersonal: readonly RegExp[] = [
  /^(?:my (?:\w+ )?)?(?:sorry|apologies)\s*[,;:–—-]?\s+(?:but|however|i|we|this|that|there|it|your|no|not|can't|cannot|unable|as|about|for the)\b/,
  /^(?:unfortunately|regrettably)\s*,?\s+(?:i|we|this|that|there|it|the|these|those|no|my|your)\b/,
  /^as an? (?:[\w-]+ ){0,3}?(?:ai|artificial intelligence|language model|llm|chatbot|assistant(?=[,.]|$| i\b))/,
  /^(?:that|this|it)(?:'s| is) not something (?:that )?(?:i|we) /,
  /^(?:this|the|that|its)?\s?(?:neuron|explanation|pattern|behaviou?r|concept|it)s? (?:cannot|can't|can not|could not|couldn't) be (?:explained|determined|identified|described|summari[sz]ed|inferred|interpreted|listed)\b/,
  /^(?:this|that|it)(?:'s| is| goes| falls| lies)? (?:well |far |clearly )?(?:beyond|outside|against|not within|not part of)(?: of| the scope of)? (?:my|our|the rules\b|the guidelines\b|policy\b)/,
  /^(?:my|our) (?:\w+ )?(?:guidelines?|programming|instructions?|polic(?:y|ies)|training|rules?|settings?|safety|restrictions?|principles) (?:\w+ )?(?:do not|does not|don't|doesn't|prevents?|prohibits?|forbids?|keeps?|stops?|won't|will not|limits?|requires? me)\b/,
  /^(?:unable to|not able to|cannot|can't|can not) (?:comply|help|assist|answer|provide|process|determine|identify|complete|respond|generate|fulfil+|explain|describe|summari[sz]e|list|interpret|do)\b/,
  new RegExp(
    `^(?:it|this)(?:'s| is| would be| was| seems| appears)(?: \\w+)? (?:not (?:appropriate|possible|ethical|permitted|allowed|advisable|feasible|safe)|inappropriate|unethical|impossible|difficult|hard|unsafe) (?:for me )?to ${told}\\b`,
  ),
  /^(?:it|this)(?:'s| is| remains| seems)(?: \w+)? (?:not clear|unclear) (?:to|what|which|how|whether|from|based)\b/,
  /^there (?:is|are|was|were|isn't|aren't|seems? to be|appears? to be|does(?:n't| not) (?:seem|appear) to be)(?: \w+)? (?:not enough|no|insufficient|nothing|any|too little) (?:\w+ ){0,3}?(?:information|data|context|patterns?|theme|activations?|examples?|evidence|answer|explanation|concepts?|samples?|text)\b/,
  /^(?:not enough|insufficient) (?:information|data|context|evidence|activations|examples)(?: (?:to|is|was|provided|given|available|for me)\b|[.!]?$)/,
  new RegExp(
    `^(?:this|the|your|that|these|my) (?:\\w+ ){0,2}?${sent} (?:(?:was|were|is|are|has been|have been|could not be|cannot be|can not be|can't be|couldn't be|may be|might be) (?:\\w+ )?(?:rejected|blocked|flagged|filtered|removed|declined|refused|withheld|denied|not allowed|not permitted|not available|prohibited|censored|processed|completed|fulfilled|inappropriate|in violation)|(?:\\w+ )?(?:may |might )?violates?|goes against)\\b`,
  ),
  new RegExp(
    `^${sent} (?:was |were |has been |is )?(?:removed|blocked|filtered|redacted|withheld|rejected|unavailable|not available|moderated)\\s*(?:[.!\\])]|$|due to|because of|as a result of|for (?:safety|policy)|by (?:the |our |a )?(?:\\w+ )?(?:filter|moderat|policy|system))`,
  ),
]

/** The commonest forms of other languages. */
export const otherLanguages: readonly RegExp[] = [
  // German
  /^(?:(?:es )?tut mir (?:sehr )?leid|leider (?:kann|können|darf|bin|ist|habe) |(?:ich|wir) (?:kann|können|darf|dürfen|möchte|werde) (?:[^.,]{0,60} )?nicht(?!\p{L})|(?:ich|wir) (?:bin|sind) (?:leider )?nicht (?:in der lage|befugt)|(?:ich|wir) (?:muss|müssen) (?:\p{L}+ ){0,3}ablehnen|(?:das|dabei|damit|dazu|hierbei) kann ich (?:[^.,]{0,40} )?nicht(?!\p{L})|entschuldigung, (?:aber|ich|das)|ich weiß (?:es |das )?nicht)/u,
  // French
  /^(?:je (?:suis|regrette)? ?(?:\p{L}+ment )?(?:désolée?|navrée?)|désolée?(?:,? (?:mais|je|nous|ce|cela)(?!\p{L})|[.!]?$)|je ne (?:peux|puis|suis|saurais|sais|dispose|souhaite)|nous ne pouvons|malheureusement,? (?:je|nous|ce|il|cette)(?!\p{L})|il m'est impossible|impossible de (?:répondre|fournir|traiter)|je regrette|je m'excuse|excusez-moi, (?:mais|je))/u,
  // Spanish
  /^(?:lo siento|no puedo|no podemos|no me es posible|no soy capaz|no estoy (?:en condiciones|seguro|autorizad)|lamento|lamentablemente,? |me temo que|disculp\p{L}*,? (?:pero|no)|desafortunadamente,? |no tengo (?:suficiente|información)|no sé(?!\p{L}))/u,
  // Portuguese and Italian
  /^(?:desculpe\p{L}*,? (?:mas|não)|não (?:posso|consigo|podemos)|sinto muito|infelizmente,? |lamento|mi dispiace|non (?:posso|possiamo|sono in grado)|purtroppo,? )/u,
  // Dutch, Polish, Turkish
  /^(?:het spijt me|helaas kan ik|ik kan (?:[^.,]{0,40} )?niet(?!\p{L})|przykro mi|przepraszam, ale|niestety nie|nie mogę|üzgünüm|maalesef)/u,
  // Russian
  /^(?:извини|прости|к сожалению|я не (?:могу|в состоянии))/,
  // Chinese
  /^(?:很|非常|十分|真的|实在)?(?:对不起|抱歉|遗憾|對不起|遺憾)|^(?:我|我们|我們|作为|作為)[^。]{0,16}(?:无法|不能|無法|不会|不便|拒绝|拒絕)/,
  // Japanese and Korean
  /^(?:大変)?(?:申し訳|すみません|ごめんなさい|恐れ入りますが)|(?:できません|出来ません|いたしかねます)[。.]?$|^(?:죄송|미안)|수 없습니다[.]?$/,
]

/** Nouns by which a sentence says that it is about expressions. */
export const expressionNouns =
  '(?:words?|phrases?|expressions?|idioms?|statements?|sentences?|utterances?|forms?|formulas?|formulae|terms?|tokens?|contractions?|verbs?|modals?|adverbs?|pronouns?|negations?|apolog(?:y|ies)|refusals?|excuses?|interjections?|ways|signs?|markers?|hedges?|sayings|replies|responses|disclaimers|condolences|requests|questions|greetings|openings|formulations|clauses)'
