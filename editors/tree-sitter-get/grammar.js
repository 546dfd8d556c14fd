// The grammar of .get, rule by rule that of getdsl/grammar/get.lark, which a test holds it against.
// Newlines and indents mean nothing. A word is a word only where the grammar asks for it, and a name elsewhere.

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

/** One or more, with a comma between them, and perhaps behind. */
const listed = (rule) => seq(rule, repeat(seq(",", rule)), optional(","));

/** What binds closer on both sides of an operator, which leans to the left. */
const leaning = (self, operator, closer) =>
  seq(field("left", self), field("operator", operator), field("right", closer));

module.exports = grammar({
  name: "getdsl",
  word: ($) => $.name,
  extras: ($) => [/[ \t\r\n\f]/, $.comment],

  rules: {
    source_file: ($) => repeat(choice($.use, $.model, $.block, $.section, $.setting, $.part_setting)),

    use: ($) => seq("use", $.string),
    model: ($) =>
      seq("model", field("name", $.name), optional(seq("extends", field("parent", $.name))), field("body", $.body)),
    block: ($) =>
      seq(
        choice("block", "source"),
        field("name", $.name),
        optional(seq("from", field("origin", $.string))),
        field("body", $.body),
      ),
    body: ($) => seq("{", optional($.doc), repeat($._statement), "}"),

    // ---- bodies of models and blocks

    _statement: ($) =>
      choice(
        $.param,
        $.input,
        $.output,
        $.binding,
        $.for_loop,
        $.if_else,
        $.extern,
        $.remove,
        $.state,
        $.require,
        $.construct,
        $.apply,
        $.take,
      ),
    param: ($) =>
      seq(
        "param",
        field("name", $.name),
        ":",
        field("type", $.annotation),
        optional(seq("=", field("default", $._expr))),
        optional($.note),
      ),
    note: ($) => seq("{", $.doc, "}"),
    input: ($) =>
      seq(
        "input",
        field("name", $.name),
        ":",
        field("type", $.annotation),
        optional(seq("=", field("value", $._expr))),
      ),
    // a name behind it is its own, and no binding
    output: ($) =>
      prec.right(
        seq(
          "output",
          optional(choice(field("name", $.name), seq("[", field("key", $._expr), "]"))),
          optional(seq(":", field("type", $.annotation))),
          optional(seq("=", field("value", $._expr))),
        ),
      ),
    binding: ($) =>
      seq(
        field("target", $.target),
        optional(seq(":", field("type", $.annotation))),
        "=",
        field("value", $._expr),
      ),
    // `call`, `apply` and `take` are names where no bracket or number follows
    target: ($) =>
      seq(
        field("name", choice($.name, alias(choice("call", "apply", "take"), $.name))),
        repeat(seq("[", $._expr, "]")),
      ),
    for_loop: ($) => seq("for", $.variables, "in", field("source", $._expr), $.statements),
    variables: ($) => seq($.name, optional(seq(",", $.name))),
    statements: ($) => seq("{", repeat($._statement), "}"),
    if_else: ($) =>
      seq(
        "if",
        field("condition", $._expr),
        field("yes", $.statements),
        optional(seq("else", field("no", choice($.statements, $.if_else)))),
      ),
    extern: ($) => seq("extern", $.string),
    construct: ($) => seq("call", $.arguments),
    apply: ($) => seq("apply", $.arguments),
    take: ($) => seq("take", $.integer),
    remove: ($) => seq("remove", $.name),
    state: ($) =>
      seq(
        choice("weight", "frozen", "buffer"),
        field("name", choice($.name, $.string)),
        ":",
        field("type", $.annotation),
      ),
    require: ($) => seq("require", field("condition", $._expr), optional("note"), field("message", $.string)),

    annotation: ($) =>
      seq($._expr, optional(seq("of", $._expr, optional(seq("step", $._expr)))), optional("?")),

    // ---- sections and settings: loss, data, load, freeze, …

    section: ($) =>
      seq(
        field("keyword", $.name),
        optional(field("label", choice($.name, $.string))),
        "{",
        repeat($._entry),
        "}",
      ),
    _entry: ($) => choice($.setting, $.keyed, $.each, $.declared, $.section, $.rule, $.remove),
    setting: ($) => seq(field("name", $.name), "=", field("value", $._expr), optional($._clauses)),
    keyed: ($) => seq("output", "[", field("key", $._expr), "]", "=", field("value", $._expr), optional($._clauses)),
    _clauses: ($) =>
      choice(seq($.pair_of, optional($.where), optional($.weight)), seq($.where, optional($.weight)), $.weight),
    each: ($) => seq("for", $.variables, "in", field("source", $._expr), "{", repeat($._entry), "}"),
    part_setting: ($) =>
      seq(
        field("keyword", $.name),
        field("name", $.name),
        "=",
        field("value", $._expr),
        optional(seq("on", $._expr)),
        optional(seq("minimises", $._expr)),
        optional(seq("every", $._expr)),
      ),
    pair_of: ($) => seq("of", "(", $._expr, ",", $._expr, optional(","), ")"),
    declared: ($) => seq(field("keyword", $.name), field("name", $.name), ":", field("type", $.annotation)),
    where: ($) => seq("where", $._expr),
    weight: ($) => seq("weight", $._expr),
    rule: ($) => seq($.string, "->", $.string, optional(seq("permute", "(", listed($.integer), ")"))),

    // ---- expressions, loosest first

    _expr: ($) => choice($._alternative, $.arrow),
    arrow: ($) => seq(field("source", $._expr), "->", field("target", $._postfix)),
    _alternative: ($) => choice($._conditional, $.union),
    union: ($) => leaning($._alternative, "|", $._conditional),
    _conditional: ($) => choice($._range, $.choice),
    choice: ($) =>
      seq(
        "if",
        field("condition", $._coalesce),
        "then",
        field("yes", $._conditional),
        "else",
        field("no", $._conditional),
      ),
    _range: ($) => choice($._coalesce, $.range),
    range: ($) => seq($._coalesce, "..", $._coalesce),
    _coalesce: ($) => choice($._disjunction, alias($.coalesce, $.binary)),
    coalesce: ($) => leaning($._disjunction, "??", $._coalesce),
    _disjunction: ($) => choice($._conjunction, alias($.disjunction, $.binary)),
    disjunction: ($) => leaning($._disjunction, "or", $._conjunction),
    _conjunction: ($) => choice($._negation, alias($.conjunction, $.binary)),
    conjunction: ($) => leaning($._conjunction, "and", $._negation),
    _negation: ($) => choice($._comparison, alias($.negation, $.unary)),
    negation: ($) => seq(field("operator", "not"), $._negation),
    _comparison: ($) => choice($._sum, alias($.comparison, $.binary)),
    comparison: ($) => leaning($._comparison, choice("==", "!=", "<=", ">=", "<", ">"), $._sum),
    _sum: ($) => choice($._product, alias($.sum, $.binary)),
    sum: ($) => leaning($._sum, choice("+", "-"), $._product),
    _product: ($) => choice($._unary, alias($.product, $.binary)),
    product: ($) => leaning($._product, choice("*", "/", "//", "%"), $._unary),
    _unary: ($) => choice($._power, $.unary),
    unary: ($) => seq(field("operator", "-"), $._unary),
    _power: ($) => choice($._postfix, alias($.power, $.binary)),
    power: ($) => leaning($._postfix, "**", $._unary),

    _postfix: ($) => choice($._atom, $.attribute, $.call, $.index),
    attribute: ($) => seq(field("value", $._postfix), ".", field("name", choice($.name, $.integer))),
    call: ($) => seq(field("callee", $._postfix), field("arguments", $.arguments)),
    arguments: ($) => seq("(", optional(listed(choice($._expr, $.keyword))), ")"),
    keyword: ($) => seq(field("name", $.name), "=", field("value", $._expr)),
    index: ($) => seq(field("value", $._postfix), "[", optional(listed(choice($._expr, $.slice, $.ellipsis))), "]"),
    slice: ($) => seq(optional($._expr), ":", optional($._expr), optional(seq(":", optional($._expr)))),

    _atom: ($) =>
      choice($.name, $.integer, $.float, $.string, $.list, $.comprehension, $.table, seq("(", $._expr, ")")),
    list: ($) => seq("[", optional(listed(choice($._expr, $.ellipsis))), "]"),
    comprehension: ($) =>
      seq("[", field("item", $._expr), "for", $.variables, "in", field("source", $._expr), "]"),
    table: ($) => seq("{", repeat($.pair), "}"),
    pair: ($) => seq(field("name", choice($.name, $.string)), "=", field("value", $._expr), optional(",")),
    ellipsis: () => "...",

    // ---- tokens

    name: () => /[A-Za-z_][A-Za-z0-9_]*/,
    float: () => /[0-9][0-9_]*\.[0-9][0-9_]*([eE][+-]?[0-9]+)?|[0-9][0-9_]*[eE][+-]?[0-9]+/,
    integer: () => /[0-9][0-9_]*/,
    doc: () => /"""([^"]|"[^"]|""[^"])*"""/,
    string: () => /"(\\.|[^"\\\n\r])*"/,
    comment: () => /#[^\n]*/,
  },
});
