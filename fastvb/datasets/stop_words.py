"""Words that say nothing about the topic of a document, as the tokenizer gives them."""

from __future__ import annotations

from fastvb.datasets.text import tokenize

__all__ = ["ENGLISH", "PYTHON"]

# Pronouns and determiners; auxiliaries, with what the tokenizer leaves of "isn't"; prepositions and
# conjunctions; question words and adverbs; verbs and adjectives as common as these.
ENGLISH = frozenset(
    tokenize("""
    the an this that these those it its itself he him his she her hers they them their theirs we us
    our ours you your yours yourself my me mine myself one ones each every all any some none no both
    either neither other others another such same own much many more most few less least several
    enough something anything nothing someone anyone everything everyone

    am is are was were be been being have has had having do does did doing done can could may might
    must shall should will would cannot ain aren couldn didn doesn don hadn hasn haven isn mustn
    needn shan shouldn wasn weren won wouldn ll ve re

    of in to for on with at by from as into onto upon about above below under over between among
    within without through throughout during before after since until till against across along
    around behind beside besides beyond near off out up down per via and or but nor so yet if unless
    because although though while whereas whether than then else thus hence therefore however except
    toward towards

    what which who whom whose when where why how whatever whichever whoever whenever wherever not
    only just also too very quite rather even ever never always often sometimes usually again
    already still almost otherwise instead here there now once soon later yes well perhaps maybe
    actually really simply currently directly first second next last

    get gets got getting make makes made making take takes taken taking give gives given giving use
    uses used using go goes going come comes see seen say says said know known want wants need needs
    needed let lets put like likely new old good better best different possible due way etc ie eg
    two three
    """)
)

# What every docstring says.
PYTHON = frozenset(
    tokenize("""
    python self cls none true false null return returns returned returning value values arg args
    argument arguments kwarg kwargs param params parameter parameters optional default defaults
    method methods function functions class classes object objects instance instances call calls
    called calling pass passed passing specified specify specifies raise raises raised example
    examples note notes foo bar baz spam eggs py def import
    """)
)
