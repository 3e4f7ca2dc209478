"""What a thing is: evidence combined into class and identity, and claims that cannot be true."""
