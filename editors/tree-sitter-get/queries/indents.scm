[(body) (section) (statements) (each) (table) (list) (arguments)] @indent.begin
["}" "]" ")"] @indent.branch @indent.end
(doc) @indent.ignore
