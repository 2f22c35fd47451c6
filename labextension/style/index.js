import './base.css';
import './runs_page.css';
