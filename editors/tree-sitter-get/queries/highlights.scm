; Captures that Neovim, Helix and Zed know; no node has two. The lists are written by `python -m tools.editors.highlights`.

(comment) @comment
(doc) @string.documentation
(string) @string
(integer) @number
(float) @number

[
  "use" "model" "extends" "block" "source" "from" "param" "input" "output" "for" "in" "if" "then" "else" "extern"
  "call" "apply" "take" "remove" "weight" "frozen" "buffer" "require" "note" "of" "step" "where" "on" "minimises"
  "every" "permute"
] @keyword

["and" "or" "not"] @keyword.operator

["->" "|" ".." "??" "==" "!=" "<=" ">=" "<" ">" "+" "-" "*" "/" "//" "%" "**" "="] @operator
["{" "}" "[" "]" "(" ")"] @punctuation.bracket
["," ":" "." "?"] @punctuation.delimiter
(ellipsis) @punctuation.special

; ---- what is named

(model name: (name) @type)
(model parent: (name) @type)
(block name: (name) @type)
(param name: (name) @variable.parameter)
(input name: (name) @variable.parameter)
(keyword name: (name) @variable.parameter)
(target name: (name) @variable)
(output name: (name) @variable)
(variables (name) @variable)
(state name: (name) @variable)
(pair name: (name) @variable.member)
(section (setting name: (name) @variable.member))
(each (setting name: (name) @variable.member))
(declared name: (name) @variable.member)
(attribute name: (name) @variable.member)

(section keyword: (name) @keyword)
(part_setting keyword: (name) @keyword)
(source_file (setting name: (name) @keyword
  (#any-of? @keyword
    "load" "lora" "freeze" "train_only" "data" "loss" "metrics" "optimizer" "schedule" "train")))

; ---- what is used

((name) @constant.builtin
  (#any-of? @constant.builtin
    "true" "false" "none"))

([(annotation (name) @type.builtin) (union (name) @type.builtin)]
  (#any-of? @type.builtin
    "int" "float" "bool" "str" "path" "list" "table" "operation" "block" "onehot" "lengths" "mask"))
([(annotation (index value: (name) @type.builtin)) (union (index value: (name) @type.builtin))]
  (#any-of? @type.builtin
    "int" "float" "bool" "str" "path" "list" "table" "operation" "block" "onehot" "lengths" "mask"))
([
  (annotation (index value: (name) @_list . "[" (name) @type.builtin))
  (union (index value: (name) @_list . "[" (name) @type.builtin))
 ]
  (#eq? @_list "list")
  (#any-of? @type.builtin
    "int" "float" "bool" "str" "path" "list" "table" "operation" "block" "onehot" "lengths" "mask"))

(call callee: (name) @function.builtin
  (#any-of? @function.builtin
    "Buffer" "Gradient" "Parameter" "abs" "add" "all" "any" "arange" "argmax" "argmin" "argsort" "argtopk"
    "bernoulli_like" "ceil" "clamp" "complex_product" "concat" "cos" "cumsum" "detach" "einsum" "elu" "eq" "erf"
    "every" "exp" "expand" "expm1" "eye" "fft" "flatten" "flip" "float" "floor" "floordiv" "full" "full_like" "gather"
    "ge" "gelu" "getitem" "given" "grad" "gt" "hardtanh" "int" "interpolate" "irfft" "is_list" "isnan" "le"
    "leaky_relu" "len" "log" "log10" "log1p" "log2" "log_softmax" "logical_and" "logical_not" "logical_or" "logsumexp"
    "lt" "masked_mean" "masked_target" "matmul" "max" "maximum" "mean" "min" "minimum" "mod" "motif_count"
    "motif_width" "mul" "ne" "neg" "normal_like" "one_hot" "outer_diff" "outer_product" "outer_sum" "pad" "pair"
    "permute" "pow" "read" "rearrange" "reduce" "relu" "repeat" "reshape" "rfft" "roll" "round" "round_to_half"
    "rsqrt" "scatter_add" "select" "sigmoid" "sign" "silu" "sin" "size" "softmax" "softplus" "sort" "sqrt" "squeeze"
    "stack" "str" "sub" "sum" "take" "tanh" "to_float" "to_int" "topk" "transpose" "truediv" "unflatten" "unfold"
    "uniform_like" "unsqueeze" "var" "where"))
(arrow target: (name) @function.builtin
  (#any-of? @function.builtin
    "Buffer" "Gradient" "Parameter" "abs" "add" "all" "any" "arange" "argmax" "argmin" "argsort" "argtopk"
    "bernoulli_like" "ceil" "clamp" "complex_product" "concat" "cos" "cumsum" "detach" "einsum" "elu" "eq" "erf"
    "every" "exp" "expand" "expm1" "eye" "fft" "flatten" "flip" "float" "floor" "floordiv" "full" "full_like" "gather"
    "ge" "gelu" "getitem" "given" "grad" "gt" "hardtanh" "int" "interpolate" "irfft" "is_list" "isnan" "le"
    "leaky_relu" "len" "log" "log10" "log1p" "log2" "log_softmax" "logical_and" "logical_not" "logical_or" "logsumexp"
    "lt" "masked_mean" "masked_target" "matmul" "max" "maximum" "mean" "min" "minimum" "mod" "motif_count"
    "motif_width" "mul" "ne" "neg" "normal_like" "one_hot" "outer_diff" "outer_product" "outer_sum" "pad" "pair"
    "permute" "pow" "read" "rearrange" "reduce" "relu" "repeat" "reshape" "rfft" "roll" "round" "round_to_half"
    "rsqrt" "scatter_add" "select" "sigmoid" "sign" "silu" "sin" "size" "softmax" "softplus" "sort" "sqrt" "squeeze"
    "stack" "str" "sub" "sum" "take" "tanh" "to_float" "to_int" "topk" "transpose" "truediv" "unflatten" "unfold"
    "uniform_like" "unsqueeze" "var" "where"))
(call callee: (name) @constructor
  (#match? @constructor "^[A-Z]")
  (#not-match? @constructor "^(Buffer|Parameter)$"))
(arrow target: (name) @constructor
  (#match? @constructor "^[A-Z]"))

(list (name) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]*$"))
(annotation "of" (name) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]*$"))
(binary (name) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]*$"))
(arguments (name) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]*$"))

(attribute value: (name) @variable.builtin
  (#eq? @variable.builtin "batch"))
(index value: (name) @variable.builtin
  (#any-of? @variable.builtin "batch" "outputs"))
