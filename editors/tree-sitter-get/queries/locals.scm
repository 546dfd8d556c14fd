[(model) (block) (for_loop) (comprehension)] @local.scope

(param name: (name) @local.definition.parameter)
(input name: (name) @local.definition.parameter)
(target name: (name) @local.definition.var)
(variables (name) @local.definition.var)
(model name: (name) @local.definition.type)
(block name: (name) @local.definition.type)

(name) @local.reference
