"""One corpus of hostile text: what people and programs type to break what reads it, each for another reader."""

from __future__ import annotations

LONG = "L" + "o" * 20_000 + "ng"

HOSTILE = {
    "a script": "<script>alert('x1')</script>",
    "an image that runs": "<img src=x onerror=alert(2)>",
    "an attribute's end": "\" onmouseover=\"alert(3)\" x='",
    "an address that runs": "[click|javascript:alert(4)] javascript:alert(5)",
    "the end of a section": "]]> <![CDATA[ ]]]]><![CDATA[>",
    "the end of a cell": "</p></td></tr></table></ac:rich-text-body></ac:structured-macro><h1>out6</h1>",
    "a macro of Confluence": '<ac:structured-macro ac:name="html"><ac:plain-text-body>7</ac:plain-text-body>',
    "a reference": "&lt;b8&gt; &#60;b9&#62; &nbsp; &unknown;",
    "wiki markup": "{code}{noformat} {color:red}r{color} *b* _i_ !http://x/10.png! [~admin] ||h|| ----",
    "wiki lines": "h1. Heading11",
    "an icon": "(x) (!) :) ;)",
    "a reserved word": '") OR project is not EMPTY ORDER BY key --',
    "an operator": "' or type = page and title ~ \"*\" \\\" \\\\",
    "an escape": "\x1b[31mred12\x1b[0m \x1b]0;title\x07 \x1b]8;;http://x\x07link\x1b]8;;\x07 \x9b2J",
    "a direction": "\u202egnp.exe13\u202c \u2066x\u2069 \u200f",
    "a formula": "=HYPERLINK(\"http://x\",\"14\") +1 -1 @SUM(1)",
    "a second line of a log": 'end15\r\n{"level": "error", "event": "forged"}\r\nSet-Cookie: a=b',
    "a template": "{{ 7 * 716 }} {% include '/etc/passwd' %} ${7*7} #{7}",
    "no text": "\ud800 \udfff \x00 \x0b \ufffe \uffff",
    "an emoji": "\U0001f469\u200d\U0001f4bb \u05e9\u05dc\u05d5\u05dd e\u0301",
}  # fmt: skip

ALL = " \u2016 ".join(HOSTILE.values())
"""All of them in one line of text."""
