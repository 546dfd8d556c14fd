[(body) (section) (statements) (each) (table) (list) (arguments) (doc)] @fold
